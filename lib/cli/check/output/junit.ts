import { xml } from '../../xml.js';
import type { Finding } from '../finding.js';
import type { Outcome } from './outcome.js';

/** JUnit's XML: a suite a file, a case a finding; notes pass. */
export function asJunit({ findings, unreadable }: Outcome): string {
  const files = new Set([...findings, ...unreadable].map(({ place }) => place.file));
  const suites = [...files].map((file) => {
    const own = findings.filter(({ place }) => place.file === file);
    const broken = unreadable.filter(({ place }) => place.file === file);
    const failures = own.filter(({ severity }) => severity !== 'note').length;
    return [
      `  <testsuite name="${xml(file)}" tests="${own.length + broken.length}" failures="${failures}" errors="${broken.length}">`,
      ...own.map((finding) => caseOf(finding)),
      ...broken.map(
        ({ place, message }) =>
          `    <testcase classname="${xml(file)}" name="line ${place.line}"><error message="${xml(message)}"/></testcase>`,
      ),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="nestjs-graceful check">',
    ...suites,
    '</testsuites>',
  ].join('\n');
}

function caseOf({ rule, severity, place, subject, message, remedy }: Finding): string {
  const text = `line ${place.line}: ${message}. ${remedy}`;
  const body =
    severity === 'note'
      ? `<system-out>${xml(text)}</system-out>`
      : `<failure type="${severity}" message="${xml(message)}">${xml(text)}</failure>`;
  return `    <testcase classname="${xml(rule)}" name="${xml(subject)}">${body}</testcase>`;
}
