// 10,000 idle keep-alive connections and a SIGTERM: how long until the process has ended, and how long its event loop
// stood still at most. And what they cost: heap for each of them, and the CPU time of `app.close()`.
//
//   node bench/idle-connections.mjs [--connections 10000] [--rounds 5] [--platform express] [--only <contender>]
//
// On Linux each side needs as many file descriptors: `ulimit -n` must allow for them.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './support/connection.mjs';
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/idle-connections.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 5,
  connections: 10_000,
  clients: 2,
  patience: 30,
  quietMs: 2_000,
  only: '',
});

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const costs = { without: 'plain Nest', 'without, again': 'plain Nest', with: 'nestjs-graceful' };

const contenders = ['nestjs-graceful', 'nestjs-graceful, kubernetes', 'plain Nest'].filter(
  (name) => options.only === '' || name === options.only,
);

refuseWithoutDescriptors();
await prepare();
const result = { bench: 'idle-connections', ...circumstances(options), runs: [] };
for (let round = 1; round <= options.rounds; round++) {
  for (const contender of contenders) {
    process.stderr.write(`idle-connections: round ${round}, ${contender}\n`);
    result.runs.push({ round, contender, ...(await measure(contender)) });
  }
  if (options.only !== '') continue;
  for (const [arm, contender] of Object.entries(costs)) {
    process.stderr.write(`idle-connections: round ${round}, cost ${arm}\n`);
    result.runs.push({ round, arm, ...(await costOf(contender)) });
  }
}
if (options.only === '') save('idle-connections', result);
console.log(summarize(result));

async function measure(contender) {
  const { patience, quietMs } = options;
  const { server, holders } = await start(contender);
  await sleep(500);
  const watching = await Connection.open(server.port);
  await watching.get('/watch');
  watching.destroy();
  await sleep(quietMs); // what the machine and the garbage collector do by themselves
  const beforeMs = Number(process.hrtime.bigint()) / 1e6; // the same clock in all processes
  const { killed, at, sentAt, code } = await server.terminate(patience * 1_000);
  const stalls = server.facts.filter(({ event }) => event === 'stall');
  const during = longest(stalls.filter((stall) => stall.at > beforeMs));
  const before = longest(stalls.filter((stall) => stall.at <= beforeMs));
  const left = await Promise.all(holders.map((holder) => holder.ask('left')));
  await Promise.all(holders.map((holder) => holder.kill()));
  return {
    sigtermToExitMs: killed ? null : at - sentAt,
    exitCode: code,
    longestStallMs: during.stallMs,
    longestStallCpuMs: during.cpuMs,
    longestStallBeforeMs: before.stallMs,
    leftOpen: left.reduce((sum, some) => sum + some, 0),
  };
}

async function costOf(contender) {
  let before = 0;
  const { server, holders } = await start(contender, ['--expose-gc'], async (app) => {
    before = await app.ask('heap');
  });
  const after = await server.ask('heap');
  const closeCpuMs = await server.ask('close');
  await Promise.all([server, ...holders].map((program) => program.kill()));
  return { heapPerConnection: (after - before) / options.connections, closeCpuMs };
}

/** An application with all connections idle; `beforehand` is done when it has served one, and is warm. */
async function start(contender, execArgv = [], beforehand = async () => undefined) {
  const { platform, connections, clients } = options;
  const server = await Program.startApp('idle-connections', {
    env: { PLATFORM: platform, CONTENDER: contender },
    execArgv,
  });
  const first = await Connection.open(server.port);
  await first.get('/');
  await beforehand(server);
  const holders = Array.from({ length: clients }, () => Program.startClient('idle-client'));
  await Promise.all(
    holders.map((holder, i) =>
      // Another loopback address for each, or the ports of one would run short.
      holder.ask({
        port: server.port,
        connections: connections / clients,
        localAddress: `127.0.0.${2 + i}`,
      }),
    ),
  );
  first.destroy();
  return { server, holders };
}

/** They come in the order of their length. */
function longest(stalls) {
  return stalls.at(-1) ?? { stallMs: 0, cpuMs: 0 };
}

function refuseWithoutDescriptors() {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited' || Number(limit) >= options.connections + 500) return;
  console.error(`\`ulimit -n\` is ${limit}: too few for ${options.connections} connections.`);
  process.exit(1);
}
