import { clientIntegration } from './kit/client-integration.js';
import { innerWork } from './kit/inner-work.js';
import { hasMethods } from './kit/shape.js';

interface Execution {
  readonly id: string;
  /** Only once it runs: with `maxRandomDelay` it is announced before. */
  readonly startedAt?: Date;
}

type Listener = (context: { readonly execution?: Execution }) => void;

/** A task of node-cron 4; one that runs in a process of its own has the same methods. */
interface Task {
  readonly id: string;
  readonly name?: string;
  readonly cronExpression?: string;
  getStatus(): string;
  start(): unknown;
  /** No run begins any more, and one that waits for its random delay never does; what runs goes on. */
  stop(): unknown;
  execute(...args: unknown[]): unknown;
  on(event: string, listener: Listener): unknown;
}

/** Tasks of node-cron: no run begins after T0, and those that run are waited for. */
export const nodeCron = clientIntegration<Task>({
  name: 'node-cron',
  signs: ['getNextRun'],
  isClient: isTask,
  sourceOf(task, host) {
    const runs = host.counter();
    const own = task.name === task.id ? undefined : task.name; // without a name, it is a random one
    const label = `cron ${own ?? task.cronExpression ?? 'task'}`;
    const running = new Map<Execution, () => void>();
    task.on('execution:started', ({ execution }) => {
      if (execution) running.set(execution, runs.begin(label));
    });
    const over: Listener = ({ execution }) => {
      for (const [begun, end] of running) {
        if (begun.id !== execution?.id) continue;
        running.delete(begun);
        end();
      }
    };
    task.on('execution:finished', over);
    task.on('execution:failed', over);

    let stopped = false;
    /** Whether it would run if it were not for us. */
    let wanted = false;
    const [start, stop] = [task.start.bind(task), task.stop.bind(task)];
    task.start = () => {
      if (!stopped) return start();
      wanted = true;
      return undefined;
    };
    task.stop = () => {
      wanted = false;
      return stop();
    };
    return innerWork({
      name: `node-cron ${label}`,
      runs,
      async stopTaking() {
        stopped = true;
        wanted = ['idle', 'running'].includes(task.getStatus());
        if (wanted) await stop();
        for (const execution of running.keys()) if (!execution.startedAt) over({ execution });
      },
      async takeAgain() {
        stopped = false;
        if (wanted) await start();
      },
    });
  },
});

function isTask(object: object): object is Task {
  const names = ['getStatus', 'start', 'stop', 'execute', 'getNextRun', 'destroy', 'on', 'off'];
  return hasMethods(object, ...names) && typeof (object as Partial<Task>).id === 'string';
}
