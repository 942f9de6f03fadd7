import { writeSync } from 'node:fs';

/** Tells the benchmark something: one JSON object on a line of stdout, between the lines of Nest's logger. */
export function tell(fact: Readonly<Record<string, unknown>>): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}
