// What the module costs for messages, jobs, events and commands while nothing is being shut down.
//
//   node bench/messages.mjs [--kinds websocket,tcp,…] [--rounds 5] [--slices 8] [--ms 400] [--warmup 1500] [--save yes]
//
// As in steady-state.mjs: a process for each arm, all alive at once, worked in turn, again and again. NATS, RabbitMQ and
// BullMQ need their server: NATS_URL, RABBITMQ_URL, REDIS_URL, or the default port on this machine.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseOptions } from './support/options.mjs';
import { prepareMessages } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { KINDS, summarize } from './summaries/messages.mjs';

const options = parseOptions({
  kinds: Object.keys(KINDS).join(','),
  rounds: 5,
  slices: 8,
  ms: 400,
  warmup: 1_500,
  save: 'yes',
});
const { rounds, slices, ms, warmup } = options;
const kinds = options.kinds.split(',');
for (const kind of kinds) {
  if (kind in KINDS) continue;
  console.error(`No kind "${kind}"; there are ${Object.keys(KINDS).join(', ')}`);
  process.exit(2);
}

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = { without: 'no', 'without, again': 'no', with: 'yes' };
const FROM_OUTSIDE = new Set(['websocket', 'tcp', 'nats', 'rabbitmq', 'bullmq']);

await prepareMessages();
const result = { bench: 'messages', ...circumstances(options), runs: [] };
const client = Program.startMessages('client');
for (const kind of kinds) {
  for (let round = 1; round <= rounds; round++) await runRound(kind, round);
}
client.child.kill();
if (options.save === 'yes') save('messages', result);
console.log(summarize(result));

async function runRound(kind, round) {
  const names = rotated(Object.keys(arms), round);
  const apps = new Map();
  for (const [index, name] of names.entries()) {
    const queue = `bench-${process.pid}-${round}-${index}`;
    const program = Program.startMessages('app', { KIND: kind, MODULE: arms[name], QUEUE: queue });
    await program.fact('listening');
    apps.set(name, { program, queue });
  }
  for (const name of names) await drive(kind, apps.get(name), warmup);
  for (let slice = 1; slice <= slices; slice++) {
    for (const name of rotated(names, slice)) {
      const figures = await drive(kind, apps.get(name), ms);
      result.runs.push({ kind, round, slice, arm: name, ...figures });
    }
  }
  await Promise.all([...apps.values()].map(({ program }) => program.kill()));
}

async function drive(kind, { program, queue }, ms) {
  const before = await program.ask({});
  const { port } = program;
  const told = FROM_OUTSIDE.has(kind)
    ? await client.ask({ kind, port, queue, ms })
    : await program.ask({ work: ms });
  let after = await program.ask({});
  let { count } = told;
  if (kind === 'bullmq') {
    count *= 100; // jobs are added by the hundred, and done later
    while (after.count - before.count < count) {
      await sleep(5);
      after = await program.ask({});
    }
  }
  const cpu = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return { count, cpuMicroseconds: cpu / count };
}

/** Nobody is always first. */
function rotated(list, by) {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
