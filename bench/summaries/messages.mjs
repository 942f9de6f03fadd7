import { groupBy, median, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

export const KINDS = {
  websocket: 'WebSocket message (ws)',
  tcp: 'TCP message',
  nats: 'NATS message',
  rabbitmq: 'RabbitMQ message',
  bullmq: 'BullMQ job',
  event: 'emitted event',
  command: 'CQRS command',
  tracked: '@Tracked() call',
};

export function summarize({ runs }) {
  const rows = Object.entries(KINDS).flatMap(([kind, name]) => {
    const own = runs.filter((run) => run.kind === kind);
    if (own.length === 0) return [];
    return [
      [name, micros(own, 'without'), more(own), ratio(own, 'with'), ratio(own, 'without, again')],
    ];
  });
  return table(['CPU of one', 'without, µs', 'more, µs', 'with, ratio', 'same against same'], rows);
}

/** Of slices that followed each other. */
function more(runs) {
  const slices = [...groupBy(runs, ({ round, slice }) => `${round} ${slice}`).values()];
  const of = (slice, arm) => slice.find((run) => run.arm === arm).cpuMicroseconds;
  return median(slices.map((slice) => of(slice, 'with') - of(slice, 'without'))).toFixed(2);
}

const micros = (runs, arm) =>
  median(runs.filter((run) => run.arm === arm).map((run) => run.cpuMicroseconds)).toFixed(2);

/** One ratio for each round, that is for each pair of processes: the median of its pairs of slices. */
function ratio(runs, arm) {
  const rounds = groupBy(runs, ({ round }) => round);
  const perRound = [...rounds.values()].map((inRound) => {
    const slices = groupBy(inRound, ({ slice }) => slice);
    return median(
      [...slices.values()].map((slice) => {
        const of = (name) => slice.find((run) => run.arm === name).cpuMicroseconds;
        return of(arm) / of('without');
      }),
    );
  });
  return withRange(spread(perRound), 3);
}
