// Rolls the app twice at the same time: with the module, and as plain Nest. `--json` adds a line for machines, and
// `--watch` is for a browser instead.
import type { Comeback } from './comeback.js';
import { measure, type Outcome } from './measure.js';
import { watch } from './watch.js';

if (process.argv.includes('--watch')) await watch();
else await compareBoth();

async function compareBoth(): Promise<void> {
  const [graceful, plain] = await Promise.all([measure('on'), measure('off')]);
  const compare = (what: string, of: (outcome: Outcome) => string | number) =>
    row(what, String(of(graceful)), String(of(plain)));

  row('', 'nestjs-graceful', 'plain Nest');
  compare('WebSocket: questions asked', ({ asked }) => asked);
  compare('  answered', ({ answered }) => answered);
  compare('  lost', ({ lost }) => lost);
  compare('    done, and nobody heard of it', ({ doneUnheard }) => doneUnheard);
  compare('  asked again, for they were not begun', ({ askedAgain }) => askedAgain);
  compare('  done twice', ({ doneTwice }) => doneTwice);
  compare('  connections closed with', ({ sockets }) => hows(sockets));
  compare('  back after', ({ sockets }) => times(sockets));
  compare('server-sent events: received', ({ events }) => events);
  compare('  missed', ({ missed }) => missed);
  compare('  doubled', ({ doubled }) => doubled);
  compare('  the stream came to', ({ streams }) => hows(streams));
  compare('  back after', ({ streams }) => times(streams));
  compare('the old instance ended', ({ end, seconds }) => `${end}, ${seconds.toFixed(1)} s`);

  console.log(`\nThe old instance's report:\n\n${graceful.report}`);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ graceful, plain }));
  process.exitCode = graceful.lost + graceful.missed > 0 ? 1 : 0;
}

function hows(comebacks: readonly Comeback[]): string {
  const counts = new Map<string, number>();
  for (const { how } of comebacks) counts.set(how, (counts.get(how) ?? 0) + 1);
  return [...counts].map(([how, count]) => (count > 1 ? `${how} ×${count}` : how)).join(', ');
}

function times(comebacks: readonly Comeback[]): string {
  const seconds = comebacks.map((comeback) => comeback.seconds).toSorted((a, b) => a - b);
  return `${seconds.map((number) => number.toFixed(1)).join(', ')} s`;
}

function row(what: string, left: string, right: string): void {
  console.log(`${what.padEnd(40)}${left.padEnd(20)}${right}`.trimEnd());
}
