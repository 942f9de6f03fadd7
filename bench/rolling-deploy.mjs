// What a rolling deploy loses behind a load balancer that learns late, contender by contender.
//
//   node bench/rolling-deploy.mjs [--platform express] [--replicas 3] [--rate 150] [--seed 1] [--only <contender>]
//
// The rig is lib/testing/rig: a layer 4 proxy with a 10 ms round trip to the replicas, which hears of
// a removed replica 0.2 to 3 s late, and an open-loop load on keep-alive connections that retries nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { at } from '../test/support/prepare/folders.mjs';
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { keepTrackOf } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/rolling-deploy.mjs';

const options = parseOptions({
  platform: 'express',
  replicas: 3,
  rounds: 1,
  rate: 150,
  graceSeconds: 15,
  wireMs: 5,
  seed: 1,
  only: '',
});

/** Who, and the hook in which the application closes its database. */
const variants = [
  ['nestjs-graceful, kubernetes', 'onModuleDestroy'],
  ['plain Nest', 'onModuleDestroy'],
  ['@nestjs/terminus, 1 s', 'onModuleDestroy'],
  ['@nestjs/terminus, 5 s', 'onModuleDestroy'],
  ['@nestjs/terminus, 5 s', 'onApplicationShutdown'],
  ['nestjs-graceful-shutdown', 'onModuleDestroy'],
  ['nestjs-graceful-shutdown', 'onApplicationShutdown'],
  ['http-terminator', 'onModuleDestroy'],
].filter(([contender]) => options.only === '' || contender === options.only);

await prepare();
const { Load } = await rig('load.js');
const { OwnProxy } = await rig('own-proxy.js');
const { Replica } = await rig('replica.js');
const { Rollout } = await rig('rollout.js');
const { seededRandom } = await rig('random.js');

const result = { bench: 'rolling-deploy', ...circumstances(options), runs: [] };
for (const [contender, closeIn] of variants) {
  process.stderr.write(`rolling-deploy: ${contender}, ${closeIn}\n`);
  result.runs.push({ contender, closeIn, ...(await deploy(contender, closeIn)) });
}
if (options.only === '') save('rolling-deploy', result);
console.log(summarize(result));

async function deploy(contender, closeIn) {
  const { platform, replicas, rounds, rate, graceSeconds, wireMs, seed } = options;
  // The same for all: the same requests, and the proxy is as late.
  const random = seededRandom(seed);
  const lag = seededRandom(seed + 1);
  const proxy = await OwnProxy.start({ delayMs: wireMs });
  const load = new Load({
    url: proxy.url,
    ratePerSecond: rate,
    plan: () => {
      const ms = random() < 0.9 ? 10 : 600;
      return { name: `GET /work/${ms}`, method: 'GET', path: `/work/${ms}` };
    },
    trace: (port) => proxy.trace(port),
  });
  const rollout = new Rollout({
    proxy,
    start: (name) => startReplica(name, { platform, contender, closeIn, graceSeconds }),
    replicas,
    rounds,
    graceMs: graceSeconds * 1_000,
    lagMs: () => Math.round(200 + lag() * 2_800),
    pauseMs: 500,
  });
  await rollout.begin();
  load.start();
  await sleep(2_000);
  const replacements = await rollout.run();
  await sleep(2_000);
  await load.stop();
  const left = rollout.replicas.filter(({ state }) => state !== 'gone');
  await Promise.all(left.map((replica) => replica.terminate(0)));
  await proxy.close();
  return {
    requests: load.sent,
    ...load.counts,
    sigkills: replacements.filter(({ killed }) => killed).length,
    seconds: replacements.map(({ seconds }) => seconds),
    lagMs: replacements.map(({ lagMs }) => lagMs),
  };
}

function startReplica(name, { platform, contender, closeIn, graceSeconds }) {
  return Replica.start({
    name,
    script: at('bench/.cache/apps/work.js'),
    env: {
      PLATFORM: platform,
      CONTENDER: contender,
      CLOSE_IN: closeIn,
      GRACE_PERIOD_MS: String(graceSeconds * 1_000),
    },
    onSpawn: keepTrackOf,
  });
}

function rig(path) {
  return import(pathToFileURL(at(`bench/.cache/rig/${path}`)).href);
}
