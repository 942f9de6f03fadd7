// Rolls the worker twice at the same time: with the module, and as plain Nest. `--json` adds a line for machines.
import { isRedisThere, redisUrl } from './redis.js';
import { roll, type Outcome } from './roll.js';

if (!(await isRedisThere())) {
  console.error(`This sample needs Redis, and there is none at ${redisUrl}.
Start one with \`docker compose up -d redis\` in the root of the repository, or set REDIS_URL.`);
  process.exit(1);
}

const [graceful, plain] = await Promise.all([roll('on'), roll('off')]);

row('', 'nestjs-graceful', 'plain Nest');
compare('orders accepted', ({ orders }) => orders);
compare('invoices', ({ invoices }) => sum(invoices));
compare('  lost', ({ invoices }) => invoices[0] ?? 0);
compare('  written twice', ({ invoices }) => sum(invoices) - (invoices[1] ?? 0));
compare('mails after them', ({ mails }) => sum(mails));
compare('  lost', ({ mails }) => mails[0] ?? 0);
compare('  sent twice', ({ mails }) => sum(mails) - (mails[1] ?? 0));
compare('jobs failed for good', ({ failures }) => tally(failures));
compare('GET /orders/export, under way', (outcome) => outcome.export);
compare('the statement, longer than the grace', ({ statement }) => statement);
compare('the old worker ended', ({ end, seconds }) => `${end}, ${seconds.toFixed(1)} s`);

console.log(`\nThe old worker's report:\n\n${graceful.report}`);
if (process.argv.includes('--json')) console.log(JSON.stringify({ graceful, plain }));
process.exitCode = (graceful.invoices[0] ?? 0) + (graceful.mails[0] ?? 0) > 0 ? 1 : 0;

function compare(what: string, of: (outcome: Outcome) => string | number): void {
  row(what, String(of(graceful)), String(of(plain)));
}

function row(what: string, left: string, right: string): void {
  console.log(`${what.padEnd(38)}${left.padEnd(32)}${right}`.trimEnd());
}

/** Orders that have a row. */
function sum(orders: Readonly<Record<number, number>>): number {
  return Object.entries(orders).reduce((all, [rows, count]) => all + (rows === '0' ? 0 : count), 0);
}

/** For example "file closed ×8". */
function tally(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${text} ×${count}`).join(', ') || 'none';
}
