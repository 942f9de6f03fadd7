// What the module costs while nothing is being shut down.
//
//   node bench/steady-state.mjs [--platform express] [--rounds 6] [--slices 8] [--ms 400] [--connections 32] [--busy 5]
//
// A round starts one process for each arm, warms all of them up, and then loads them in turn, a slice of time each,
// again and again. A pair is two slices that follow each other closely, so that what else the machine does falls on both.
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/steady-state.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 6,
  slices: 8,
  ms: 400,
  warmup: 1_500,
  connections: 32,
  rate: 2_000,
  busy: 5,
});
const { platform, rounds, slices, ms, warmup, connections, rate, busy } = options;

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = {
  without: { CONTENDER: 'plain Nest' },
  'without, again': { CONTENDER: 'plain Nest' },
  with: { CONTENDER: 'nestjs-graceful' },
  'with, no integrations': { CONTENDER: 'nestjs-graceful, no integrations' },
  'without, slowed': { CONTENDER: 'plain Nest', BUSY_US: String(busy) },
};

await prepare();
const result = { bench: 'steady-state', ...circumstances(options), runs: [] };
const client = Program.startClient('load-client');
for (let round = 1; round <= rounds; round++) {
  process.stderr.write(`steady-state, ${platform}: round ${round} of ${rounds}\n`);
  await runRound(round);
}
client.child.disconnect();
save(`steady-state-${platform}`, result);
console.log(summarize(result));

async function runRound(round) {
  const names = rotated(Object.keys(arms), round);
  const servers = new Map();
  for (const name of names) {
    const env = { PLATFORM: platform, ...arms[name] };
    servers.set(name, await Program.startApp('steady-state', { env }));
  }
  for (const name of names) await drive(servers.get(name), { ms: warmup });
  for (let slice = 1; slice <= slices; slice++) {
    for (const name of rotated(names, slice)) {
      const figures = await drive(servers.get(name), { ms });
      result.runs.push({ round, slice, arm: name, load: 'full', ...figures });
    }
  }
  for (const name of names) {
    const figures = await drive(servers.get(name), { ms: 1_000, rate });
    result.runs.push({ round, arm: name, load: 'constant', ...figures });
  }
  await Promise.all([...servers.values()].map((server) => server.kill()));
}

async function drive(server, order) {
  const before = await server.ask('cpu');
  const figures = await client.ask({
    port: server.port,
    path: '/orders/42',
    connections,
    ...order,
  });
  const after = await server.ask('cpu');
  const cpu = after.user + after.system - before.user - before.system;
  return {
    ...figures,
    cpuMicrosecondsPerRequest: cpu / figures.requests,
    serverCores: cpu / 1_000 / figures.ms, // 1 when the server, not the client, is what limits the throughput
  };
}

/** Nobody is always first. */
function rotated(list, by) {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
