/* oxlint-disable unicorn/no-thenable -- thenables are among what is tracked */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../lib/time/system-clock.js';
import { WorkRegister } from '../../../lib/sources/work-register.js';
import { runBesideSources } from '../../support/source-program.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let register: WorkRegister;

beforeEach(() => {
  clock = new VirtualClock();
  register = new WorkRegister(clock);
});

function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

/** Waits for idle, and says when it has come. */
function waiting(signal = new AbortController().signal) {
  const state = { idle: false };
  void register.idle(signal).then(() => (state.idle = true));
  return state;
}

describe('track', () => {
  it('counts a promise until it resolves, and hands on the value', async () => {
    const work = deferred<string>();
    const tracked = register.track(work.promise);
    expect(register.count).toBe(1);
    work.resolve('done');
    await expect(tracked).resolves.toBe('done');
    expect(register.count).toBe(0);
  });

  it('counts a promise until it rejects, and hands on the error', async () => {
    const work = deferred();
    const tracked = register.track(work.promise);
    const error = new Error('boom');
    work.reject(error);
    await expect(tracked).rejects.toBe(error);
    expect(register.count).toBe(0);
  });

  it('calls a function at once, and counts what it returns', async () => {
    const work = deferred<number>();
    let calls = 0;
    const tracked = register.track(() => {
      calls += 1;
      expect(register.count).toBe(1);
      return work.promise;
    });
    expect([calls, register.count]).toEqual([1, 1]);
    work.resolve(7);
    await expect(tracked).resolves.toBe(7);
    expect([calls, register.count]).toEqual([1, 0]);
  });

  it('makes a promise of what a function returns without one', async () => {
    await expect(register.track(() => 'at once')).resolves.toBe('at once');
    expect(register.count).toBe(0);
  });

  it('makes a rejection of what a function throws', async () => {
    const error = new Error('boom');
    const tracked = register.track(() => {
      throw error;
    });
    await expect(tracked).rejects.toBe(error);
    expect(register.count).toBe(0);
  });

  it.each<[string, (then: PromiseLike<string>['then']) => PromiseLike<string>]>([
    ['an object', (then) => ({ then })],
    ['a function', (then) => Object.assign(() => 'called', { then })],
    [
      'a promise with a `then` of its own',
      (then) => Object.assign(Promise.resolve('own'), { then }),
    ],
  ])('calls the `then` of a thenable once: %s', async (_kind, make) => {
    let calls = 0;
    const thenable = make(((fulfilled: (value: string) => unknown) => {
      calls += 1;
      fulfilled('row');
    }) as PromiseLike<string>['then']);
    await expect(register.track(thenable)).resolves.toBe('row');
    expect([calls, register.count]).toEqual([1, 0]);
  });

  it('calls the `then` of a thenable that a function returns once', async () => {
    let calls = 0;
    const then = (fulfilled: (value: string) => unknown) => {
      calls += 1;
      fulfilled('row');
    };
    await expect(register.track(() => ({ then }) as PromiseLike<string>)).resolves.toBe('row');
    expect([calls, register.count]).toEqual([1, 0]);
  });

  it('does not count for ever what throws when asked for `then`', async () => {
    const thenable = {
      get then(): never {
        throw new Error('boom');
      },
    };
    await expect(register.track(thenable as unknown as PromiseLike<void>)).rejects.toThrow('boom');
    expect(register.count).toBe(0);
  });

  it('has no longer counted the work when the code after it runs', async () => {
    const counts: number[] = [];
    const note = () => void counts.push(register.count);
    await register.track(Promise.resolve()).then(note);
    await register.track(async () => undefined).then(note);
    await register.track(Promise.reject(new Error('boom'))).catch(note);
    await register.track(() => Promise.reject(new Error('boom'))).catch(note);
    expect(counts).toEqual([0, 0, 0, 0]);
  });
});

describe('a rejection', () => {
  // In a process of its own: Jest keeps unhandled rejections for itself.
  const outcomeOf = (lines: string) =>
    runBesideSources(
      ['sources', 'process'],
      `import { systemClock } from './lib/time/system-clock.js';
       import { WorkRegister } from './lib/sources/work-register.js';
       const register = new WorkRegister(systemClock);
       process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
       ${lines}
       setImmediate(() => console.log('count', register.count));`,
    );

  it('that the owner of the promise handles makes no unhandled one', async () => {
    const { stdout } = await outcomeOf(`
      const work = Promise.reject(new Error('boom'));
      register.track(work);
      work.catch((error) => console.log('handled', error.message));`);
    expect(stdout).toBe('handled boom\ncount 0\n');
  });

  it('that nobody handles is not hidden when a function was given', async () => {
    const { stdout } = await outcomeOf(`
      register.track(async () => { throw new Error('boom'); });`);
    expect(stdout).toBe('unhandled boom\ncount 0\n');
  });
});

describe('hold', () => {
  it('counts until it is released, however often that is', () => {
    const hold = register.hold();
    const other = register.hold();
    expect(register.count).toBe(2);
    hold.release();
    hold.release();
    expect(register.count).toBe(1);
    other.release();
    expect(register.count).toBe(0);
  });

  it('is released by dispose and by async dispose, as `using` does', async () => {
    const one = register.hold();
    const two = register.hold();
    one[Symbol.dispose]();
    expect(register.count).toBe(1);
    await two[Symbol.asyncDispose]();
    two[Symbol.dispose]();
    expect(register.count).toBe(0);
  });

  it('can hand its release around without itself', () => {
    const { release } = register.hold();
    release();
    expect(register.count).toBe(0);
  });
});

describe('the list of what is unfinished', () => {
  it('has names and ages, the oldest first', async () => {
    register.hold('import');
    await clock.advance(1_500);
    void register.track(deferred().promise, 'mail');
    await clock.advance(500);
    expect(register.unfinished()).toEqual([
      { name: 'import', ageMs: 2_000 },
      { name: 'mail', ageMs: 500 },
    ]);
  });

  it('names a function by its name, and the nameless in general', () => {
    const { promise } = deferred();
    async function sendMail(): Promise<void> {
      await promise;
    }
    void register.track(sendMail);
    void register.track(sendMail.bind(undefined));
    void register.track(sendMail, 'mail');
    void register.track(() => promise);
    void register.track(promise);
    register.hold();
    register.hold('');
    expect(register.unfinished().map(({ name }) => name)).toEqual([
      'sendMail',
      'sendMail',
      'mail',
      'tracked work',
      'tracked work',
      'tracked work',
      'tracked work',
    ]);
  });
});

describe('idle', () => {
  it('comes after one turn when nothing goes on', async () => {
    const state = waiting();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(state.idle).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.idle).toBe(true);
  });

  it('comes when the last of the work is over', async () => {
    const [one, two] = [register.hold(), register.hold()];
    const state = waiting();
    await clock.advance(1_000);
    one.release();
    await clock.advance(1_000);
    expect(state.idle).toBe(false);
    two.release();
    await clock.advance(0);
    expect(state.idle).toBe(true);
  });

  it('waits for work that begins meanwhile', async () => {
    const one = register.hold();
    const state = waiting();
    const two = register.hold();
    one.release();
    await clock.advance(1_000);
    expect(state.idle).toBe(false);
    two.release();
    await clock.advance(0);
    expect(state.idle).toBe(true);
  });

  it('waits for what the code after finished work begins', async () => {
    const [first, second] = [deferred(), deferred()];
    const chain = async () => {
      await register.track(first.promise);
      await register.track(second.promise);
    };
    const done = chain();
    const state = waiting();
    first.resolve();
    await clock.advance(1_000);
    expect([state.idle, register.count]).toEqual([false, 1]);
    second.resolve();
    await done;
    await clock.advance(0);
    expect(state.idle).toBe(true);
  });

  it('waits for work that begins in the very turn it waits', async () => {
    const state = waiting();
    const hold = register.hold(); // between the first look at zero and the second
    await clock.advance(1_000);
    expect(state.idle).toBe(false);
    hold.release();
    await clock.advance(0);
    expect(state.idle).toBe(true);
  });

  it('comes at the abort, whatever goes on', async () => {
    const abort = new AbortController();
    register.hold();
    const state = waiting(abort.signal);
    await clock.advance(1_000);
    abort.abort(new Error('the time is over'));
    await clock.microtasks();
    expect([state.idle, register.count]).toEqual([true, 1]);
  });

  it('comes at once when the abort is over already', async () => {
    register.hold();
    await expect(register.idle(AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('comes for everybody who waits', async () => {
    const hold = register.hold();
    const states = [waiting(), waiting()];
    hold.release();
    await clock.advance(0);
    expect(states).toEqual([{ idle: true }, { idle: true }]);
  });

  it.each(['the end of the work', 'the abort'])('leaves nothing behind after %s', async (end) => {
    const abort = new AbortController();
    let listeners = 0;
    const { signal } = abort;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const hold = register.hold();
    const idle = register.idle(signal);
    if (end === 'the abort') abort.abort();
    hold.release();
    await clock.advance(0);
    await idle;
    register.hold().release(); // nobody is told of it any more
    expect([clock.pendingTimers, listeners]).toEqual([0, 0]);
  });

  it('sees a turn of the real event loop pass', async () => {
    register = new WorkRegister(systemClock);
    const order: string[] = [];
    const work = async () => {
      await register.track(Promise.resolve());
      await register.track(turn().then(() => order.push('follow-up')));
    };
    const idle = register.idle(new AbortController().signal).then(() => order.push('idle'));
    await Promise.all([work(), idle]);
    expect(order).toEqual(['follow-up', 'idle']);
  });
});
