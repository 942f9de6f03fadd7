import { CATALOGUE, ruleOf, type RuleId } from '../rules/catalogue.js';
import type { Place } from '../text/source.js';
import { pageOf, type Outcome } from './outcome.js';

/** SARIF 2.1.0, as GitHub's code scanning takes it. */
export function asSarif({ findings, unreadable }: Outcome): string {
  const used = Object.keys(CATALOGUE).filter((id) =>
    findings.some(({ rule }) => rule === id),
  ) as RuleId[];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'nestjs-graceful check',
            informationUri: 'https://github.com/nestjs-graceful/nestjs-graceful',
            rules: used.map((id) => ({
              id,
              shortDescription: { text: `Reported when ${ruleOf(id).when}.` },
              fullDescription: { text: ruleOf(id).why },
              helpUri: pageOf(id),
              defaultConfiguration: { level: ruleOf(id).severity },
            })),
          },
        },
        invocations: [
          {
            executionSuccessful: unreadable.length === 0,
            toolExecutionNotifications: unreadable.map(({ place, message }) => ({
              level: 'error',
              message: { text: message },
              locations: [locationOf(place)],
            })),
          },
        ],
        results: findings.map(({ rule, severity, place, subject, message, remedy }) => ({
          ruleId: rule,
          ruleIndex: used.indexOf(rule),
          level: severity,
          message: { text: `${subject}: ${message}. ${remedy}` },
          locations: [locationOf(place)],
          partialFingerprints: { subjectAndRule: `${place.file} ${subject} ${rule}` },
        })),
      },
    ],
  };
  return JSON.stringify(log, undefined, 2);
}

function locationOf({ file, line }: Place) {
  const uri = file.startsWith('(') ? 'stdin' : encodeURI(file);
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: line } } };
}
