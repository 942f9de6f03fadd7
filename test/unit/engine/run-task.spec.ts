import { describe, expect, it } from '@jest/globals';
import { TaskTimeoutError } from '../../../lib/errors/task-timeout.error.js';
import type { TaskReport, UnfinishedWork } from '../../../lib/engine/record.js';
import { Deadlines } from '../../../lib/engine/deadlines.js';
import { startTask } from '../../../lib/engine/run-task.js';
import type { ShutdownTask, TaskContext } from '../../../lib/engine/task.js';
import { EngineBench, never, SIGTERM } from '../../support/engine.js';

const bench = new EngineBench();
const unfinished: UnfinishedWork[] = [];

function run(
  task: Partial<ShutdownTask> & Pick<ShutdownTask, 'run'>,
  { phaseMs = 1_000, settleMs = 0 } = {},
): Promise<TaskReport> {
  const { clock, startedAt } = bench;
  const deadline = clock.now() + phaseMs;
  const deadlines = new Deadlines(clock);
  const report = new Promise<TaskReport>((ended) =>
    startTask(
      { name: 'Cache@save', phase: 'flush', ...task },
      {
        clock,
        reason: SIGTERM,
        startedAt,
        lastDeadline: deadline,
        deadlines,
        unfinished: (work) => unfinished.push(work),
      },
      { deadline, settleMs },
      { ended, stoodAside: () => undefined },
    ),
  );
  return report.finally(() => deadlines.stop());
}

/** Runs a task to its end, however much virtual time that takes. */
function outcome(
  task: Partial<ShutdownTask> & Pick<ShutdownTask, 'run'>,
  settings = {},
): Promise<TaskReport> {
  return bench.clock.until(run(task, settings));
}

it('a task that hands over is never a straggler: late telemetry forces no shutdown', async () => {
  expect(await outcome({ run: never, handsOver: true })).toMatchObject({
    outcome: 'failed',
    handedOver: false,
    error: expect.stringContaining('1000 ms'),
  });
  expect(await outcome({ run: never })).toMatchObject({ outcome: 'timed-out' }); // the control
});

describe('a task that ends in time', () => {
  it('is done, also when it returns nothing', async () => {
    expect(await outcome({ run: () => undefined })).toEqual({
      name: 'Cache@save',
      outcome: 'done',
      startMs: 0,
      durationMs: 0,
      critical: false,
    });
  });

  it('is reported with its duration and whether it is critical', async () => {
    expect(await outcome({ run: () => bench.sleep(300), critical: true })).toEqual({
      name: 'Cache@save',
      outcome: 'done',
      startMs: 0,
      durationMs: 300,
      critical: true,
    });
  });

  it('is reported with when it began, counted from the start of the shutdown', async () => {
    await bench.clock.advance(400);
    expect(await outcome({ run: () => bench.sleep(300) })).toMatchObject({
      startMs: 400,
      durationMs: 300,
    });
  });

  it('is reported with where it was registered, if that is known', async () => {
    const site = 'CacheModule, src/cache.ts:12';
    expect(await outcome({ run: () => undefined, site })).toHaveProperty('site', site);
    expect(await outcome({ run: () => undefined })).not.toHaveProperty('site');
  });

  it('sees its signal quiet to the end', async () => {
    let signal: AbortSignal | undefined;
    await outcome({ run: (context) => ((signal = context.signal), bench.sleep(999)) });
    expect(signal?.aborted).toBe(false);
  });
});

describe('a task that fails', () => {
  it('by a synchronous throw is an outcome', async () => {
    const task = () => {
      throw new TypeError('no such file');
    };
    expect(await outcome({ run: task })).toMatchObject({
      outcome: 'failed',
      error: 'TypeError: no such file',
    });
  });

  it('by a rejection is an outcome', async () => {
    const task = () => bench.sleep(20).then(() => Promise.reject(new Error('broker gone')));
    expect(await outcome({ run: task })).toMatchObject({
      outcome: 'failed',
      error: 'Error: broker gone',
      durationMs: 20,
    });
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'unknown error'],
    ['undefined', undefined, 'unknown error'],
    ['a string', 'out of ink', 'out of ink'],
    ['a number', 7, '7'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
    ['an object without a prototype', Object.create(null), 'a thrown value that has no text'],
    [
      'an object whose toString throws',
      {
        toString() {
          throw new Error('no');
        },
      },
      'a thrown value that has no text',
    ],
    [
      'an error whose message is a getter that throws',
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('no');
        },
      }),
      'a thrown value that has no text',
    ],
    [
      'an error with nothing but a code',
      Object.assign(new Error(''), { code: 'ECONNREFUSED' }),
      'Error: ECONNREFUSED',
    ],
    ['an error with nothing at all', new RangeError(''), 'RangeError'],
    [
      'an error with causes',
      new Error('no flush', { cause: new TypeError('no socket', { cause: 'unplugged' }) }),
      'Error: no flush (caused by TypeError: no socket (caused by unplugged))',
    ],
    ['an error caused by null', new Error('x', { cause: null }), 'Error: x (caused by null)'],
    [
      'an error whose cause has no text',
      new Error('x', { cause: Object.create(null) }),
      'Error: x (caused by a thrown value that has no text)',
    ],
    [
      'an error with more causes than anybody reads',
      ['5', '4', '3', '2', '1'].reduce(
        (cause: Error | undefined, text) => new Error(text, cause && { cause }),
        undefined,
      ),
      'Error: 1 (caused by Error: 2 (caused by Error: 3 (caused by Error: 4)))',
    ],
    [
      'an error that is its own cause',
      (() => {
        const circle = new Error('again');
        return Object.assign(circle, { cause: circle });
      })(),
      'Error: again (caused by Error: again (caused by Error: again (caused by Error: again)))',
    ],
  ])('by throwing or rejecting with %s has some text', async (_name, thrown, text) => {
    const throwing = () => {
      throw thrown;
    };
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- users do
    const rejecting = () => Promise.reject(thrown);
    expect(await outcome({ run: throwing })).toMatchObject({ outcome: 'failed', error: text });
    expect(await outcome({ run: rejecting })).toMatchObject({ outcome: 'failed', error: text });
  });
});

describe('a task that returns something else than a promise', () => {
  it('that calls both callbacks counts for the first', async () => {
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- as some libraries return them
      then(resolve: () => void, reject: (error: Error) => void) {
        resolve();
        reject(new Error('after all'));
        resolve();
      },
    };
    expect(await outcome({ run: () => thenable })).toMatchObject({ outcome: 'done' });
  });

  it('that throws after it has called back counts for the call', async () => {
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable
      then(resolve: () => void) {
        resolve();
        throw new Error('too late');
      },
    };
    expect(await outcome({ run: () => thenable })).toMatchObject({ outcome: 'done' });
  });

  it('whose then can not be read has failed', async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = Object.defineProperty({}, 'then', {
      get() {
        throw new Error('a trap');
      },
    });
    expect(await outcome({ run: () => thenable })).toMatchObject({
      outcome: 'failed',
      error: 'Error: a trap',
    });
  });

  it('that is a promise with a broken then of its own has failed', async () => {
    const broken = Object.assign(Promise.resolve(), {
      // oxlint-disable-next-line unicorn/no-thenable
      then() {
        throw new Error('patched by a tracer');
      },
    });
    expect(await outcome({ run: () => broken })).toMatchObject({
      outcome: 'failed',
      error: 'Error: patched by a tracer',
    });
  });

  it('that never calls back is over at its deadline', async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = { then: () => undefined };
    expect(await outcome({ run: () => thenable })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 1_000,
    });
  });
});

describe('a task that takes too long', () => {
  it('is over at the deadline of its phase', async () => {
    expect(await outcome({ run: never }, { phaseMs: 700 })).toEqual({
      name: 'Cache@save',
      outcome: 'timed-out',
      startMs: 0,
      durationMs: 700,
      critical: false,
    });
  });

  it('is over at its own, when that comes first', async () => {
    expect(await outcome({ run: never, timeoutMs: 200 }, { phaseMs: 700 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 200,
    });
  });

  it('can not have more than its phase', async () => {
    expect(await outcome({ run: never, timeoutMs: 5_000 }, { phaseMs: 700 })).toMatchObject({
      durationMs: 700,
    });
  });

  it('is told by its signal, with a reason that names it, its phase and its time', async () => {
    let signal: AbortSignal | undefined;
    await outcome({ run: (context) => ((signal = context.signal), never()), timeoutMs: 200 });
    const reason = signal?.reason as TaskTimeoutError;
    expect(reason).toBeInstanceOf(TaskTimeoutError);
    expect(reason).toMatchObject({
      code: 'GRACEFUL_TASK_TIMEOUT',
      name: 'TaskTimeoutError',
      task: 'Cache@save',
      phase: 'flush',
      timeoutMs: 200,
    });
    expect(reason.message).toBe(
      "Cache@save did not finish within its 200 ms in phase 'flush'. " +
        'Give it more time, or make it stop on its AbortSignal; a promise that never settles is the usual cause.',
    );
  });

  it('may wrap up in the settle time, and has missed its time all the same', async () => {
    const wrapUp = async ({ signal }: TaskContext) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await bench.sleep(30);
    };
    expect(await outcome({ run: wrapUp }, { phaseMs: 500, settleMs: 100 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 530,
    });
  });

  it('is left alone when the settle time is over, too', async () => {
    expect(await outcome({ run: never }, { phaseMs: 500, settleMs: 100 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 600,
    });
  });

  it('keeps the error it answers its abort with', async () => {
    const giveUp = ({ signal }: TaskContext) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('gave up'))),
      );
    expect(await outcome({ run: giveUp }, { settleMs: 50 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 1_000,
      error: 'Error: gave up',
    });
  });

  it.each(['resolves', 'rejects'])('and %s long after changes nothing', async (ending) => {
    const late = bench.sleep(5_000).then(() => {
      if (ending === 'rejects') throw new Error('much too late'); // would be an unhandled rejection
    });
    const report = await outcome({ run: () => late });
    const before = { ...report };
    await bench.clock.advance(10_000);
    expect(report).toEqual(before);
    expect(report).toMatchObject({ outcome: 'timed-out', durationMs: 1_000 });
  });

  it('does not begin with a negative time when its phase is over already', async () => {
    let remainingMs = -1;
    let signal: AbortSignal | undefined;
    const task = (context: TaskContext) => {
      ({ remainingMs, signal } = context);
      return never();
    };
    expect(await outcome({ run: task }, { phaseMs: -300 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 0,
    });
    expect(remainingMs).toBe(0);
    expect(signal?.reason).toMatchObject({ code: 'GRACEFUL_TASK_TIMEOUT', timeoutMs: 0 });
  });
});

describe('a task that blocks the event loop', () => {
  const block = (ms: number) => () => bench.clock.block(ms);

  it('for a second is survived and named', async () => {
    expect(await outcome({ run: block(1_000) }, { phaseMs: 5_000 })).toEqual({
      name: 'Cache@save',
      outcome: 'done',
      startMs: 0,
      durationMs: 1_000,
      critical: false,
      blockedMs: 1_000,
    });
  });

  it('past its deadline and then hangs is over as soon as the event loop turns', async () => {
    const task = () => {
      bench.clock.block(1_000);
      return never();
    };
    expect(await outcome({ run: task }, { phaseMs: 500 })).toMatchObject({
      outcome: 'timed-out',
      durationMs: 1_000,
      blockedMs: 1_000,
    });
  });

  it('and then throws is named for both', async () => {
    const task = () => {
      bench.clock.block(400);
      throw new Error('in the end');
    };
    expect(await outcome({ run: task })).toMatchObject({
      outcome: 'failed',
      error: 'Error: in the end',
      blockedMs: 400,
    });
  });

  it('is named from 100 ms on', async () => {
    expect(await outcome({ run: block(99) })).not.toHaveProperty('blockedMs');
    expect(await outcome({ run: block(100) })).toHaveProperty('blockedMs', 100);
  });

  it('is not one that only waits', async () => {
    expect(await outcome({ run: () => bench.sleep(900) })).not.toHaveProperty('blockedMs');
  });
});

describe('the context', () => {
  it('says how much time is left, at the moment of asking', async () => {
    const seen: number[] = [];
    const task = async (context: TaskContext) => {
      seen.push(context.remainingMs);
      await bench.sleep(150);
      seen.push(context.remainingMs);
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      await bench.sleep(50);
      seen.push(context.remainingMs);
    };
    await outcome({ run: task, timeoutMs: 400 }, { settleMs: 100 });
    expect(seen).toEqual([400, 250, 0]);
  });

  it('holds deadline, reason and phase', async () => {
    let context: TaskContext | undefined;
    await outcome({ run: (given) => void (context = given), timeoutMs: 400 });
    expect(context).toMatchObject({
      deadline: bench.startedAt + 400,
      reason: SIGTERM,
      phase: 'flush',
    });
  });

  it('takes what could not finish', async () => {
    const work: UnfinishedWork = { kind: 'request', name: 'GET /orders/:id', fate: 'cut' };
    await outcome({ run: ({ unfinished: note }) => note(work) });
    expect(unfinished).toEqual([work]);
  });
});
