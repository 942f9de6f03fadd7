import { untilNone } from '../time/waits.js';
import { clientIntegration } from './kit/client-integration.js';
import { counted } from './kit/counted.js';
import { innerWork } from './kit/inner-work.js';
import { hasMethods } from './kit/shape.js';

type Run = (...args: unknown[]) => unknown;

/** A `PQueue` of p-queue 6 to 10. */
interface Queue {
  /** How many wait, and how many run. */
  readonly size: number;
  readonly pending: number;
  add(run: Run, options?: object): unknown;
}

/**
 * Queues of p-queue: what was added is finished, what waits as well. Nothing is stopped or paused, for what is in flight
 * adds to it. Promises that it has given are left alone: a rejection that nobody handles stays one.
 */
export const pQueue = clientIntegration<Queue>({
  name: 'p-queue',
  signs: ['sizeBy'],
  isClient: isQueue,
  sourceOf(queue, host, name) {
    const [task, runs] = [`task of ${name}`, host.counter()];
    let added = 0;
    const add = queue.add.bind(queue);
    queue.add = (run, options) => {
      if (typeof run !== 'function') return add(run, options);
      added += 1;
      return add((...args) => counted(runs, task, () => run(...args)), options);
    };
    const inFlight = () => {
      // Also those that were added before.
      const others = queue.size + Math.max(0, queue.pending - runs.count);
      return [...runs.list(), ...Array.from({ length: others }, () => ({ name: task }))];
    };
    return innerWork({
      name,
      runs,
      inFlight,
      begun: () => added,
      finished: (signal) => untilNone(() => inFlight().length, signal, host.clock),
    });
  },
});

function isQueue(object: object): object is Queue {
  if (!hasMethods(object, 'add', 'addAll', 'onIdle', 'onEmpty', 'sizeBy', 'clear')) return false;
  const { size, pending } = object as Partial<Queue>;
  return typeof size === 'number' && typeof pending === 'number';
}
