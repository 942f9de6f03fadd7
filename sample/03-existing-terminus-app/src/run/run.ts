// The same app before and after the one line, stopped in the middle of a slow request. `--json` adds a line for machines.
import { stopUnderLoad, type Outcome } from './stop-under-load.js';

const [before, after] = await Promise.all([
  stopUnderLoad({ BEFORE: '1' }),
  stopUnderLoad({ BEFORE: '' }),
]);

row('', 'before', 'after');
compare('the slow request', ({ slowRequest }) => slowRequest);
compare('GET /healthz, every 0.1 s', ({ healthz }) => inARow(healthz));
compare('GET /orders, while healthy + 0.5 s', ({ orders }) => inARow(orders));
compare('the process ended', ({ end, seconds }) => `${end}, ${seconds.toFixed(1)} s`);
if (process.argv.includes('--json')) console.log(JSON.stringify({ before, after }));

function compare(what: string, of: (outcome: Outcome) => string): void {
  row(what, of(before), of(after));
}

function row(what: string, left: string, right: string): void {
  console.log(`${what.padEnd(36)}${left.padEnd(42)}${right}`.trimEnd());
}

/** For example "200 ×3, then 503 ×12". */
function inARow(answers: readonly string[]): string {
  const runs: Array<{ answer: string; count: number }> = [];
  for (const answer of answers) {
    const last = runs.at(-1);
    if (last?.answer === answer) last.count++;
    else runs.push({ answer, count: 1 });
  }
  return runs.map(({ answer, count }) => `${answer} ×${count}`).join(', then ');
}
