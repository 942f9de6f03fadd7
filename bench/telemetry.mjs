// What the module and startTelemetry() cost an application that is traced, while nothing is being shut down.
//
//   node bench/telemetry.mjs [--platform express] [--rounds 5] [--slices 8] [--ms 300] [--connections 32] [--busy 5]
//
// Pairs of slices, as in steady-state.mjs; only CPU time is kept.
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/telemetry.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 5,
  slices: 8,
  ms: 300,
  warmup: 1_000,
  connections: 32,
  busy: 5,
});
const { platform, rounds, slices, ms, warmup, connections, busy } = options;

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = {
  without: { CONTENDER: 'plain Nest' },
  'without, again': { CONTENDER: 'plain Nest' },
  'module, telemetry off': { CONTENDER: 'nestjs-graceful' },
  'module, telemetry on': { CONTENDER: 'nestjs-graceful', TELEMETRY: 'on' },
  'without, slowed': { CONTENDER: 'plain Nest', BUSY_US: String(busy) },
};

await prepare();
const result = { bench: 'telemetry', ...circumstances(options), runs: [] };
const client = Program.startClient('load-client');
for (let round = 1; round <= rounds; round++) {
  process.stderr.write(`telemetry, ${platform}: round ${round} of ${rounds}\n`);
  await runRound(round);
}
client.child.disconnect();
save('telemetry', result);
console.log(summarize(result));

async function runRound(round) {
  const names = rotated(Object.keys(arms), round);
  const servers = new Map();
  for (const name of names) {
    const env = { PLATFORM: platform, ...arms[name] };
    servers.set(name, await Program.startApp('telemetry', { env }));
  }
  for (const name of names) await drive(servers.get(name), warmup);
  for (let slice = 1; slice <= slices; slice++) {
    for (const name of rotated(names, slice)) {
      result.runs.push({ round, slice, arm: name, ...(await drive(servers.get(name), ms)) });
    }
  }
  await Promise.all([...servers.values()].map((server) => server.kill()));
}

async function drive(server, forMs) {
  const before = await server.ask('cpu');
  const order = { port: server.port, path: '/orders/42', connections, ms: forMs };
  const { requests } = await client.ask(order);
  const after = await server.ask('cpu');
  const cpu = after.user + after.system - before.user - before.system;
  return { requests, cpuMicrosecondsPerRequest: cpu / requests };
}

/** Nobody is always first. */
function rotated(list, by) {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
