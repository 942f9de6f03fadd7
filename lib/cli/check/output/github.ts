import type { Outcome } from './outcome.js';

const COMMANDS = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** Workflow commands of GitHub Actions: each finding stands at its line in the pull request. */
export function asGithub({ findings, unreadable }: Outcome): string {
  return [
    ...findings.map(({ severity, place, rule, subject, message, remedy }) => {
      const where = `file=${property(place.file)},line=${place.line},title=${property(rule)}`;
      return `::${COMMANDS[severity]} ${where}::${data(`${subject}: ${message}. ${remedy}`)}`;
    }),
    ...unreadable.map(
      ({ place, message }) =>
        `::error file=${property(place.file)},line=${place.line},title=unreadable::${data(message)}`,
    ),
  ].join('\n');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
