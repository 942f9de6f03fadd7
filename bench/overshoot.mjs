// How long a process goes on after its work is done.
//
//   node bench/overshoot.mjs [--platform express] [--rounds 4] [--patience 15]
//
// Requests of known length are in flight on keep-alive connections, others are idle; then SIGTERM. The client holds on
// to its connections as a proxy does. Overshoot: from the end of the last answer to the end of the process.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './support/connection.mjs';
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/overshoot.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 4,
  patience: 15,
  busy: 20,
  idle: 10,
  shortest: 300,
  // Below the shortest limit that any contender sets by default: 1 s (http-terminator).
  longest: 900,
  sigtermAfter: 200,
});

const contenders = [
  'nestjs-graceful',
  'plain Nest',
  '@nestjs/terminus',
  '@nestjs/terminus, 1 s',
  'nestjs-graceful-shutdown',
  'http-terminator',
];

await prepare();
const result = { bench: 'overshoot', ...circumstances(options), runs: [] };
for (let round = 1; round <= options.rounds; round++) {
  for (const contender of contenders) {
    process.stderr.write(`overshoot, ${options.platform}: round ${round}, ${contender}\n`);
    result.runs.push({ round, contender, ...(await measure(contender)) });
  }
}
save(`overshoot-${options.platform}`, result);
console.log(summarize(result));

async function measure(contender) {
  const { platform, patience, busy, idle, shortest, longest, sigtermAfter } = options;
  const env = { PLATFORM: platform, CONTENDER: contender };
  const server = await Program.startApp('work', { env });
  const connections = await Promise.all(
    Array.from({ length: busy + idle }, () => Connection.open(server.port)),
  );
  await Promise.all(connections.map((connection) => connection.get('/work/0')));

  const requests = connections.slice(0, busy).map((connection, i) => {
    const ms = Math.round(shortest + (i * (longest - shortest)) / (busy - 1));
    return outcome(connection.get(`/work/${ms}`));
  });
  await sleep(sigtermAfter);
  const exit = await server.terminate(patience * 1_000);
  const outcomes = await Promise.all(requests);
  for (const connection of connections) connection.destroy();

  const answered = outcomes.filter(({ status }) => status !== undefined);
  const lastAnswerAt = Math.max(...answered.map(({ at }) => at));
  return {
    overshootMs: exit.killed ? null : exit.at - lastAnswerAt,
    sigtermToExitMs: exit.at - exit.sentAt,
    exitCode: exit.code,
    exitSignal: exit.signal,
    requests: outcomes.length,
    failed: answered.filter(({ status }) => status !== 200).length,
    cut: outcomes.length - answered.length,
    closedUnderQueries: (await closing(server))?.queries ?? null,
  };
}

async function outcome(answer) {
  try {
    return await answer;
  } catch {
    return {};
  }
}

function closing(server) {
  return server.facts.find(({ event }) => event === 'database closed');
}
