import type { ArmResult } from './arm.js';
import { CAUSES, type Cause } from './diagnose.js';
import type { Rehearsal } from './result.js';
import { armNames, rowsOf } from './text.js';

const MARKS = { passed: '✅', missed: '❌', inconclusive: '❔' } as const;

/** For the summary of a job, such as `$GITHUB_STEP_SUMMARY`. */
export function rehearsalMarkdown(result: Rehearsal): string {
  const { arms, entry, platform, graceMs, replicas, seed, verdict, reasons, sentence } = result;
  const names = armNames(result);
  return [
    `### ${MARKS[verdict]} Rehearsal ${verdict}: ${cell(entry)}`,
    '',
    sentence,
    '',
    `| | ${names.join(' | ')} |`,
    '| --- | --: | --: |',
    ...rowsOf(arms.control, arms.module).map((row) => `| ${row.map(cell).join(' | ')} |`),
    '',
    ...(reasons.length > 0 ? [...reasons.map((reason) => `- ${cell(reason)}`), ''] : []),
    ...losses(names[0], arms.control),
    ...losses(names[1], arms.module),
    `<sub>${replicas} instances on ${platform}, ${graceMs / 1_000} s of grace, seed ${seed}</sub>`,
    '',
  ].join('\n');
}

function losses(name: string, arm: ArmResult): string[] {
  const all = Object.entries(arm.losses);
  if (all.length === 0) return [];
  return [
    `<details><summary>Lost, ${cell(name)}: ${arm.lost}</summary>`,
    '',
    ...all.map(([cause, count]) => {
      const { text, remedy } = CAUSES[cause as Cause];
      return `- **${count}** ${cell(text)}. ${cell(remedy)}`;
    }),
    '',
    '</details>',
    '',
  ];
}

/** Text that is neither HTML nor the border of a table. */
function cell(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '\\|');
}
