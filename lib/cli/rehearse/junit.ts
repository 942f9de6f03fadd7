import { xml } from '../xml.js';
import type { Rehearsal } from './result.js';

/** JUnit's XML: what was lost is a failure, and what proves nothing is an error. */
export function rehearsalJunit(result: Rehearsal): string {
  const { entry, platform, verdict, reasons, sentence, arms } = result;
  const seconds = arms.module.stops.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
  const element = verdict === 'missed' ? 'failure' : 'error';
  const said = [sentence, ...reasons].join('\n');
  const body =
    verdict === 'passed'
      ? `<system-out>${xml(said)}</system-out>`
      : `<${element} message="${xml(sentence)}">${xml(said)}</${element}>`;
  const [failures, errors] = [Number(verdict === 'missed'), Number(verdict === 'inconclusive')];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="nestjs-graceful rehearse">`,
    `  <testsuite name="${xml(entry)}" tests="1" failures="${failures}" errors="${errors}" time="${seconds.toFixed(1)}">`,
    `    <testcase classname="${xml(platform)}" name="rollout" time="${seconds.toFixed(1)}">${body}</testcase>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
