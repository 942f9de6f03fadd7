// Rolls the app twice at the same time: with the module, and as plain Nest. `--json` adds a line for machines.
import { measure, type Outcome } from './measure.js';
import type { Losses } from './steady-load.js';

const HIGHEST_STREAM = 2 ** 31 - 1;

const [graceful, plain] = await Promise.all([measure('on'), measure('off')]);

row('', 'nestjs-graceful', 'plain Nest');
compare('gRPC health: NOT_SERVING', ({ notServingAfter: after }) => {
  return after === undefined ? 'never' : `after ${after.toFixed(2)} s`;
});
compare('gRPC calls', ({ calls }) => calls);
compare('  lost', ({ callsLost }) => losses(callsLost));
compare('gRPC streams of the old instance', ({ streams }) => streams);
compare('  cut', ({ streamsCut }) => streamsCut);
compare('HTTP/2 requests', ({ requests }) => requests);
compare('  lost', ({ requestsLost }) => losses(requestsLost));
compare('  refused, and asked again', ({ requestsRefused }) => requestsRefused);
compare('  not sent yet, and asked again', ({ requestsUnsent }) => requestsUnsent);
compare('HTTP/2 downloads under way', ({ downloads }) => downloads);
compare('  cut', ({ downloadsCut }) => downloadsCut);
compare('HTTP/2 sessions: GOAWAY', ({ goaways }) => tally(goaways.map(steps)));
compare('the old instance ended', ({ end, seconds }) => `${end}, ${seconds.toFixed(1)} s`);

console.log(`\nThe old instance's report:\n\n${graceful.report}`);
if (process.argv.includes('--json')) console.log(JSON.stringify({ graceful, plain }));
process.exitCode = lost(graceful) > 0 ? 1 : 0;

function lost({ callsLost, streamsCut, requestsLost, downloadsCut }: Outcome): number {
  return count(callsLost) + streamsCut + count(requestsLost) + downloadsCut;
}

function count(losses: Losses): number {
  return Object.values(losses).reduce((sum, times) => sum + times, 0);
}

function losses(all: Losses): string {
  const list = Object.entries(all).map(([why, times]) => `${why} ×${times}`);
  return list.length === 0 ? '0' : `${count(all)} (${list.join(', ')})`;
}

/** The GOAWAYs of a session. */
function steps(lastStreams: readonly number[]): string {
  const names = lastStreams.map((id) => (id === HIGHEST_STREAM ? '2^31-1' : 'last stream'));
  return names.join(', ') || 'none';
}

function tally(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([one, times]) => `${one} ×${times}`).join('; ');
}

function row(what: string, left: string, right: string): void {
  console.log(`${what.padEnd(38)}${left.padEnd(26)}${right}`.trimEnd());
}

function compare(what: string, of: (outcome: Outcome) => string | number): void {
  row(what, String(of(graceful)), String(of(plain)));
}
