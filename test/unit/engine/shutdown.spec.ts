import { describe, expect, it } from '@jest/globals';
import { PhaseOverError } from '../../../lib/errors/phase-over.error.js';
import { TaskTimeoutError } from '../../../lib/errors/task-timeout.error.js';
import { UnknownPhaseError } from '../../../lib/errors/unknown-phase.error.js';
import type { ShutdownRecord } from '../../../lib/engine/record.js';
import type { ShutdownTask, TaskContext } from '../../../lib/engine/task.js';
import { EngineBench, never, phase, SIGTERM } from '../../support/engine.js';

const bench = new EngineBench();

describe('a shutdown', () => {
  it('runs once, with one promise for all callers', async () => {
    const shutdown = bench.shutdown(['drain']);
    let runs = 0;
    shutdown.add({ name: 'a', phase: 'drain', run: () => ((runs += 1), bench.sleep(100)) });
    const first = shutdown.run(SIGTERM);
    const second = shutdown.run({ kind: 'close' });
    await bench.clock.advance(50);
    const third = shutdown.run({ kind: 'close' });
    expect(second).toBe(first);
    expect(third).toBe(first);
    const report = await bench.clock.until(first);
    expect(shutdown.run(SIGTERM)).toBe(first);
    expect(await shutdown.run(SIGTERM)).toBe(report);
    expect(runs).toBe(1);
  });

  it.each([
    ['drain', 'forced'],
    ['flush', 'clean'],
  ] as const)(
    'is not clean when the wait for work fails: in %s it is %s',
    async (name, outcome) => {
      const shutdown = bench.shutdown(['drain', 'flush']);
      const fails = () => Promise.reject(new Error('no such internal'));
      shutdown.add({ name: 'a', phase: name, run: fails });
      expect((await shutdown.run(SIGTERM)).outcome).toBe(outcome);
    },
  );

  it('comes to its end when a phase can not be run', async () => {
    const failed: unknown[] = [];
    const observer = { phaseFailed: (name: string) => failed.push(name) };
    const shutdown = bench.shutdown(['drain', 'close'], { observer });
    const ran: string[] = [];
    const broken = { phase: 'drain', run: () => undefined } as unknown as ShutdownTask;
    Object.defineProperty(broken, 'timeoutMs', { get: () => never().then.call(undefined) });
    shutdown.add(broken);
    shutdown.add({ name: 'b', phase: 'close', run: () => void ran.push('b') });
    expect(await shutdown.run(SIGTERM)).toMatchObject({ outcome: 'forced' });
    expect([failed, ran]).toEqual([['drain'], ['b']]);
  });

  it('keeps the first reason', async () => {
    const shutdown = bench.shutdown(['drain']);
    const reasons: unknown[] = [];
    shutdown.add({ name: 'a', phase: 'drain', run: ({ reason }) => void reasons.push(reason) });
    expect(shutdown.reason).toBeUndefined();
    const running = shutdown.run(SIGTERM);
    void shutdown.run({ kind: 'request', detail: 'out of memory' });
    expect(shutdown.reason).toBe(SIGTERM);
    expect((await running).reason).toBe(SIGTERM);
    expect(reasons).toEqual([SIGTERM]);
  });

  it('may be asked for by one of its own tasks', async () => {
    const shutdown = bench.shutdown(['drain']);
    let joined: Promise<ShutdownRecord> | undefined;
    shutdown.add({
      name: 'a',
      phase: 'drain',
      run: () => void (joined = shutdown.run({ kind: 'close' })),
    });
    const running = shutdown.run(SIGTERM);
    expect(joined).toBe(running);
    expect((await running).reason).toBe(SIGTERM);
  });

  it('ends at the deadline when one of its tasks waits for it', async () => {
    const shutdown = bench.shutdown([phase('drain', { timeoutMs: 500 }), 'close']);
    shutdown.add({ name: 'a', phase: 'drain', run: () => shutdown.run({ kind: 'close' }) });
    shutdown.add({ name: 'b', phase: 'close', run: () => undefined });
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    expect(report.phases.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['drain', 'timed-out'],
      ['close', 'done'],
    ]);
    expect(report.durationMs).toBe(500);
  });

  it('counts from the moment its reason came', async () => {
    const shutdown = bench.shutdown(['drain'], { totalMs: 1_000 });
    shutdown.add({ name: 'a', phase: 'drain', run: never });
    await bench.clock.advance(300); // bootstrap had to be waited for
    const report = await bench.clock.until(shutdown.run(SIGTERM, bench.startedAt));
    expect(report).toMatchObject({ startedAt: bench.startedAt, durationMs: 1_000 });
    expect(report.phases[0]).toMatchObject({ startMs: 300, durationMs: 700 });
  });

  it('with nothing to do is clean and over at once', async () => {
    const report = await bench.shutdown(['announce', 'drain']).run(SIGTERM);
    expect(report).toEqual({
      version: 1,
      reason: SIGTERM,
      startedAt: bench.startedAt,
      durationMs: 0,
      outcome: 'clean',
      phases: ['announce', 'drain'].map((name) => ({
        name,
        outcome: 'skipped',
        startMs: 0,
        durationMs: 0,
        tasks: [],
      })),
      unfinished: [],
    });
  });
});

describe('phases', () => {
  it('run one after the other, their tasks side by side', async () => {
    const journal: string[] = [];
    const shutdown = bench.shutdown(['announce', 'drain', 'close']);
    // Added in the wrong order on purpose.
    shutdown.add(bench.timed('close', 'pool', 10, journal));
    shutdown.add(bench.timed('drain', 'http', 300, journal));
    shutdown.add(bench.timed('announce', 'registry', 100, journal));
    shutdown.add(bench.timed('drain', 'jobs', 200, journal));
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(journal).toEqual([
      'registry starts at 0',
      'registry ends at 100',
      'http starts at 100',
      'jobs starts at 100',
      'jobs ends at 300',
      'http ends at 400',
      'pool starts at 400',
      'pool ends at 410',
    ]);
  });

  it('go on after a failure of any kind', async () => {
    const shutdown = bench.shutdown([phase('a', { timeoutMs: 100 }), 'b']);
    const fail = () => {
      throw new Error('sync');
    };
    let ran = false;
    shutdown.add({ name: 'throws', phase: 'a', run: fail });
    shutdown.add({ name: 'rejects', phase: 'a', run: () => Promise.reject(new Error('async')) });
    shutdown.add({ name: 'hangs', phase: 'a', run: never });
    shutdown.add({ name: 'blocks', phase: 'a', run: () => bench.clock.block(1_000) });
    shutdown.add({ name: 'last', phase: 'b', run: () => void (ran = true) });
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    expect(ran).toBe(true);
    expect(report.phases[0]?.tasks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'throws failed',
      'rejects failed',
      'hangs timed-out',
      'blocks done',
    ]);
  });

  it('continue or abort when one is over time, as it says', async () => {
    const run = async (onTimeout: 'continue' | 'abort') => {
      const shutdown = bench.shutdown([phase('a', { timeoutMs: 100, onTimeout }), 'b', 'c']);
      const journal: string[] = [];
      shutdown.add({ name: 'hangs', phase: 'a', run: never });
      shutdown.add(bench.timed('b', 'next', 0, journal));
      shutdown.add(bench.timed('c', 'last', 0, journal));
      const report = await bench.clock.until(shutdown.run(SIGTERM));
      return { ran: journal.length > 0, outcomes: report.phases.map(({ outcome }) => outcome) };
    };
    expect(await run('continue')).toEqual({ ran: true, outcomes: ['timed-out', 'done', 'done'] });
    expect(await run('abort')).toEqual({
      ran: false,
      outcomes: ['timed-out', 'skipped', 'skipped'],
    });
  });

  it('do not abort for a failure, only for time', async () => {
    const shutdown = bench.shutdown([phase('a', { onTimeout: 'abort' }), 'b']);
    let ran = false;
    shutdown.add({ name: 'x', phase: 'a', run: () => Promise.reject(new Error('x')) });
    shutdown.add({ name: 'y', phase: 'b', run: () => void (ran = true) });
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(ran).toBe(true);
  });

  it('can be left out for some reasons', async () => {
    const run = async (kind: 'close' | 'signal') => {
      const asked: string[] = [];
      const shutdown = bench.shutdown([
        phase('propagate', {
          enabled: (reason) => (asked.push(reason.kind), reason.kind === 'signal'),
        }),
        'drain',
      ]);
      const journal: string[] = [];
      shutdown.add(bench.timed('propagate', 'wait', 100, journal));
      shutdown.add(bench.timed('drain', 'http', 0, journal));
      const reason = kind === 'signal' ? SIGTERM : ({ kind: 'close' } as const);
      const report = await bench.clock.until(shutdown.run(reason));
      expect(asked).toEqual([kind]);
      return { first: journal[0], outcome: report.phases[0]?.outcome };
    };
    expect(await run('signal')).toMatchObject({ outcome: 'done' });
    expect(await run('close')).toMatchObject({ outcome: 'skipped' });
  });

  it('run when the question whether they are wanted fails', async () => {
    const enabled = () => {
      throw new Error('no idea');
    };
    const shutdown = bench.shutdown([phase('drain', { enabled })]);
    let ran = false;
    shutdown.add({ name: 'a', phase: 'drain', run: () => void (ran = true) });
    expect(await bench.clock.until(shutdown.run(SIGTERM))).toMatchObject({ outcome: 'clean' });
    expect(ran).toBe(true);
  });
});

describe('the budget', () => {
  it('gives a phase no more than its timeout', async () => {
    const shutdown = bench.shutdown([phase('announce', { timeoutMs: 200 })]);
    shutdown.add({ name: 'a', phase: 'announce', run: never });
    expect((await bench.clock.until(shutdown.run(SIGTERM))).durationMs).toBe(200);
  });

  it('keeps what later phases have reserved, however slow the drain is', async () => {
    const shutdown = bench.shutdown(
      [
        'drain',
        phase('flush', { timeoutMs: 500, reserveMs: 500 }),
        phase('close', { reserveMs: 300 }),
      ],
      { totalMs: 2_000 },
    );
    const remaining: Record<string, number> = {};
    for (const name of ['drain', 'flush', 'close']) {
      const run = (context: TaskContext) => ((remaining[name] = context.remainingMs), never());
      shutdown.add({ name, phase: name, run });
    }
    expect((await bench.clock.until(shutdown.run(SIGTERM))).durationMs).toBe(2_000);
    expect(remaining).toEqual({ drain: 1_200, flush: 500, close: 300 });
  });

  it('lets unspent time flow on', async () => {
    const shutdown = bench.shutdown(
      [
        'drain',
        phase('flush', { timeoutMs: 500, reserveMs: 500 }),
        phase('close', { reserveMs: 300 }),
      ],
      { totalMs: 2_000 },
    );
    let remainingMs = 0;
    shutdown.add(bench.timed('drain', 'http', 100));
    shutdown.add({
      name: 'close',
      phase: 'close',
      run: (context) => void ({ remainingMs } = context),
    });
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(remainingMs).toBe(1_900);
  });

  describe('of a phase that has a reserve and a limit for each task', () => {
    const phases = [
      'drain',
      phase('flush', { taskTimeoutMs: 500, reserveMs: 500 }),
      phase('close', { reserveMs: 300 }),
    ];

    const flushed = async (...tasks: readonly ShutdownTask[]) => {
      const shutdown = bench.shutdown(phases, { totalMs: 10_000 });
      const names = new Map<string, ShutdownTask>();
      for (const task of tasks) {
        const before = [...names.values()];
        shutdown.add(task, before);
        names.set(task.name, task);
      }
      const report = await bench.clock.until(shutdown.run(SIGTERM));
      const { tasks: done } = report.phases[1];
      return done.map(({ name, outcome, durationMs }) => [name, outcome, durationMs]);
    };

    it('lets a task use all that is free up to its own limit', async () => {
      expect(await flushed(bench.timed('flush', 'a', 5_000, [], { timeoutMs: 6_000 }))).toEqual([
        ['a', 'done', 5_000],
      ]);
    });

    it('ends one without a limit after that of each task, though more is free', async () => {
      const hangs = { name: 'b', phase: 'flush', run: never };
      expect(await flushed(hangs)).toEqual([['b', 'timed-out', 500]]);
    });

    it('gives one that waited for a long one its time, too', async () => {
      const slow = bench.timed('flush', 'a', 5_000, [], { timeoutMs: 6_000 });
      expect(await flushed(slow, bench.timed('flush', 'b', 400))).toEqual([
        ['a', 'done', 5_000],
        ['b', 'done', 400],
      ]);
    });

    it('keeps what is reserved behind it from any limit', async () => {
      const hangs = { name: 'a', phase: 'flush', timeoutMs: 60_000, run: never };
      expect(await flushed(hangs)).toEqual([['a', 'timed-out', 9_700]]);
    });

    it('gives it its reserve when the drain has used all else', async () => {
      const shutdown = bench.shutdown(phases, { totalMs: 10_000 });
      shutdown.add({ name: 'http', phase: 'drain', run: never });
      shutdown.add({ name: 'a', phase: 'flush', timeoutMs: 6_000, run: never });
      const report = await bench.clock.until(shutdown.run(SIGTERM));
      expect(report.phases.map(({ durationMs }) => durationMs)).toEqual([9_200, 500, 0]);
    });
  });

  it('keeps the settle time of a phase out of its deadline and of the time before', async () => {
    const shutdown = bench.shutdown(
      [
        'propagate',
        phase('drain', { settleMs: 250 }),
        phase('close', { reserveMs: 300, settleMs: 50 }),
      ],
      { totalMs: 2_000 },
    );
    const remaining: Record<string, number> = {};
    for (const name of ['propagate', 'drain', 'close']) {
      const run = (context: TaskContext) => ((remaining[name] = context.remainingMs), never());
      shutdown.add({ name, phase: name, run });
    }
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    expect(remaining).toEqual({ propagate: 1_400, drain: 0, close: 300 });
    expect(report.phases.map(({ durationMs }) => durationMs)).toEqual([1_400, 250, 350]);
    expect(report.durationMs).toBe(2_000);
  });

  it('lets a task that blocks past the end take only its own time from the others', async () => {
    const shutdown = bench.shutdown(['drain', phase('close', { reserveMs: 300 })], {
      totalMs: 2_000,
    });
    let aborted: boolean | undefined;
    shutdown.add({
      name: 'blocks',
      phase: 'drain',
      run: async () => {
        await bench.sleep(1_600);
        bench.clock.block(1_000);
      },
    });
    const run = async ({ signal }: TaskContext) => {
      await bench.sleep(10);
      aborted = signal.aborted;
    };
    shutdown.add({ name: 'closes', phase: 'close', run });
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    expect(report.durationMs).toBe(2_600);
    expect(report.phases[1]?.tasks).toMatchObject([{ name: 'closes', outcome: 'timed-out' }]);
    await bench.clock.advance(10);
    expect(aborted).toBe(true);
  });
});

describe('a task', () => {
  it('of an unknown phase is refused, and the known ones are named', () => {
    const shutdown = bench.shutdown(['announce', 'drain']);
    const add = () => shutdown.add({ name: 'Cache@save', phase: 'drian', run: never });
    expect(add).toThrow(UnknownPhaseError);
    expect(add).toThrow(
      "Cache@save names the phase 'drian' (string), which does not exist. Did you mean 'drain'? Use one of: announce, drain.",
    );
  });

  it('may be added to a later phase while the shutdown runs', async () => {
    const shutdown = bench.shutdown(['announce', 'drain']);
    let ran = false;
    const late = { name: 'late', phase: 'drain', run: () => void (ran = true) };
    shutdown.add({ name: 'adds', phase: 'announce', run: () => shutdown.add(late) });
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    expect(ran).toBe(true);
    expect(report.phases[1]?.tasks).toMatchObject([{ name: 'late', outcome: 'done' }]);
  });

  it.each(['announce', 'drain'])(
    'comes too late for the phase %s, which has started',
    async (name) => {
      const shutdown = bench.shutdown(['announce', 'drain', 'close']);
      shutdown.add({ name: 'a', phase: 'announce', run: () => undefined });
      shutdown.add({ name: 'b', phase: 'drain', run: () => bench.sleep(100) });
      const running = shutdown.run(SIGTERM);
      await bench.clock.advance(50);
      const add = () => shutdown.add({ name: 'Cache@save', phase: name, run: never });
      expect(add).toThrow(PhaseOverError);
      expect(add).toThrow(
        `The task Cache@save came too late: phase '${name}' of the running shutdown has already started. ` +
          'Add it before the shutdown, or to a later phase.',
      );
      await bench.clock.until(running);
      expect(() => shutdown.add({ name: 'd', phase: 'close', run: never })).toThrow(PhaseOverError);
    },
  );

  it('may be one of 20,000 that come one after the other', async () => {
    const shutdown = bench.shutdown(['close']);
    const ran: number[] = [];
    let before: ShutdownTask | undefined;
    for (let index = 0; index < 20_000; index += 1) {
      const task = { name: `${index}`, phase: 'close', run: () => void ran.push(index) };
      shutdown.add(task, before ? [before] : []);
      before = task;
    }
    const { outcome, phases } = await bench.clock.until(shutdown.run(SIGTERM));

    expect(outcome).toBe('clean');
    expect(phases[0]?.tasks).toHaveLength(20_000);
    expect(ran).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
  });

  it('begins some turns after the one before it, which may have begun what it does not wait for', async () => {
    const shutdown = bench.shutdown(['close']);
    let turns = 0;
    const seen: number[] = [];
    const goOn = async () => {
      for (; seen.length === 0; turns += 1) await Promise.resolve();
    };
    const first = { name: 'first', phase: 'close', run: () => void goOn() };
    const second = { name: 'second', phase: 'close', run: () => void seen.push(turns) };
    shutdown.add(first);
    shutdown.add(second, [first]);
    await bench.clock.until(shutdown.run(SIGTERM));

    expect(seen[0]).toBeGreaterThanOrEqual(4); // as between two modules of Nest's
  });

  it('does not begin inside of the one before it, when that stands aside', async () => {
    const shutdown = bench.shutdown(['close']);
    const journal: string[] = [];
    const first = {
      name: 'first',
      phase: 'close',
      run: async ({ standAside }: TaskContext) => {
        await bench.sleep(10);
        const back = standAside();
        journal.push('still in the first');
        back();
      },
    };
    shutdown.add(first);
    shutdown.add({ name: 'second', phase: 'close', run: () => void journal.push('second') }, [
      first,
    ]);
    await bench.clock.until(shutdown.run(SIGTERM));

    expect(journal).toEqual(['still in the first', 'second']);
  });

  it('is never taken and then lost: whenever it is added, it runs or is refused', async () => {
    // A phase ends in the middle of a chain of promises; somebody adds a task at each link of it.
    for (let links = 0; links < 20; links += 1) {
      const shutdown = bench.shutdown(['empty', 'drain', 'nothing to do', 'close']);
      const ran: string[] = [];
      const accepted: string[] = [];
      const add = (name: string, phaseName: string) => {
        try {
          shutdown.add({ name, phase: phaseName, run: () => void ran.push(name) });
          accepted.push(name);
        } catch (error) {
          if (!(error instanceof PhaseOverError)) throw error;
        }
      };
      const run = () => {
        let chain = Promise.resolve();
        for (let link = 0; link < links; link += 1) chain = chain.then(() => undefined);
        void chain.then(() => {
          for (const name of ['empty', 'drain', 'nothing to do', 'close'])
            add(`late ${name}`, name);
        });
      };
      shutdown.add({ name: 'task', phase: 'drain', run });
      await bench.clock.until(shutdown.run(SIGTERM));
      await bench.clock.microtasks();
      expect(ran).toEqual(accepted);
    }
  });

  it('that is critical makes a failure a forced shutdown', async () => {
    const run = async (critical?: boolean) => {
      const shutdown = bench.shutdown(['flush']);
      const fail = () => Promise.reject(new Error('lost'));
      shutdown.add({ name: 'outbox', phase: 'flush', critical, run: fail });
      return (await bench.clock.until(shutdown.run(SIGTERM))).outcome;
    };
    expect(await run(true)).toBe('forced');
    expect(await run(false)).toBe('clean');
    expect(await run()).toBe('clean');
  });

  it('that names unfinished work makes it a forced shutdown', async () => {
    const shutdown = bench.shutdown(['drain']);
    const work = { kind: 'request', name: 'GET /', ageMs: 12, fate: 'cut' } as const;
    shutdown.add({ name: 'http', phase: 'drain', run: ({ unfinished }) => unfinished(work) });
    const report = await shutdown.run(SIGTERM);
    expect(report).toMatchObject({ outcome: 'forced', unfinished: [work] });
  });

  it('that names unfinished work after the end does not change the report', async () => {
    const shutdown = bench.shutdown([phase('drain', { timeoutMs: 10 })]);
    const work = { kind: 'request', name: 'GET /', fate: 'cut' } as const;
    shutdown.add({
      name: 'http',
      phase: 'drain',
      run: async ({ unfinished }) => {
        await bench.sleep(100);
        unfinished(work);
      },
    });
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    await bench.clock.advance(200);
    expect(report.unfinished).toEqual([]);
    expect(shutdown.snapshot()).toBe(report);
  });
});

describe('the observer', () => {
  it('is told of each phase that runs, with its deadline, and of the end of all', async () => {
    const journal: unknown[] = [];
    const shutdown = bench.shutdown(['announce', phase('drain', { timeoutMs: 400 }), 'flush'], {
      totalMs: 1_000,
      observer: {
        phaseStarted: (name, deadline) => journal.push([name, deadline - bench.startedAt]),
        phaseEnded: ({ name, outcome }) => journal.push([name, outcome]),
      },
    });
    shutdown.add(bench.timed('announce', 'a', 100));
    shutdown.add(bench.timed('drain', 'b', 900));
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(journal).toEqual([
      ['announce', 1_000],
      ['announce', 'done'],
      ['drain', 500],
      ['drain', 'timed-out'],
      ['flush', 'skipped'],
    ]);
    await bench.clock.advance(900); // the straggler's own timer
  });

  it('may throw without harm', async () => {
    let told = 0;
    const fail = () => {
      told += 1;
      throw new Error('the log is full');
    };
    const shutdown = bench.shutdown(['announce', 'drain'], {
      observer: { phaseStarted: fail, phaseEnded: fail },
    });
    shutdown.add(bench.timed('announce', 'a', 10));
    shutdown.add(bench.timed('drain', 'b', 10));
    expect(await bench.clock.until(shutdown.run(SIGTERM))).toMatchObject({ outcome: 'clean' });
    expect(told).toBe(4);
  });
});

describe('the snapshot', () => {
  it('is nothing before the shutdown', () => {
    expect(bench.shutdown(['drain']).snapshot()).toBeUndefined();
  });

  it('shows in the middle what is over and what is pending', async () => {
    const shutdown = bench.shutdown(['announce', 'drain', 'close']);
    shutdown.add(bench.timed('announce', 'registry', 100));
    shutdown.add(bench.timed('drain', 'http', 900, [], { critical: true }));
    shutdown.add(bench.timed('drain', 'jobs', 200));
    shutdown.add(bench.timed('close', 'pool', 10));
    const running = shutdown.run(SIGTERM);
    await bench.clock.advance(500);
    expect(shutdown.snapshot()).toEqual({
      version: 1,
      reason: SIGTERM,
      startedAt: bench.startedAt,
      durationMs: 500,
      outcome: 'forced',
      phases: [
        {
          name: 'announce',
          outcome: 'done',
          startMs: 0,
          durationMs: 100,
          tasks: [
            { name: 'registry', outcome: 'done', startMs: 0, durationMs: 100, critical: false },
          ],
        },
        {
          name: 'drain',
          outcome: 'timed-out',
          startMs: 100,
          durationMs: 400,
          tasks: [
            { name: 'http', outcome: 'timed-out', startMs: 100, durationMs: 400, critical: true },
            { name: 'jobs', outcome: 'done', startMs: 100, durationMs: 200, critical: false },
          ],
        },
      ],
      unfinished: [],
    });
    await bench.clock.until(running);
  });

  it('can be asked for by a task and by the observer, and holds every phase so far', async () => {
    const seen: string[] = [];
    const note = () => {
      const phases = shutdown.snapshot()?.phases ?? [];
      seen.push(phases.map(({ name, outcome }) => `${name} ${outcome}`).join(', '));
    };
    const shutdown = bench.shutdown(['announce', 'drain'], {
      observer: { phaseStarted: note, phaseEnded: note },
    });
    shutdown.add({ name: 'a', phase: 'announce', run: note });
    shutdown.add({ name: 'b', phase: 'drain', run: note });
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(seen).toEqual([
      'announce timed-out',
      'announce timed-out',
      'announce done',
      'announce done, drain timed-out',
      'announce done, drain timed-out',
      'announce done, drain done',
    ]);
  });

  it('loses no phase at any turn of the microtask queue', async () => {
    const shutdown = bench.shutdown(['announce', 'drain', 'close']);
    for (const name of ['announce', 'drain', 'close']) {
      shutdown.add({ name, phase: name, run: () => undefined });
    }
    const running = shutdown.run(SIGTERM);
    const counts: number[] = [];
    for (let turn = 0; turn < 60; turn += 1) {
      const phases = shutdown.snapshot()?.phases ?? [];
      counts.push(phases.flatMap(({ tasks }) => tasks).length);
      await Promise.resolve();
    }
    expect(counts).toEqual(counts.toSorted((a, b) => a - b)); // never fewer than before
    expect(new Set(counts)).toEqual(new Set([1, 2, 3]));
    await running;
  });

  it('is the report once it is over', async () => {
    const shutdown = bench.shutdown(['drain']);
    shutdown.add(bench.timed('drain', 'http', 10));
    const report = await bench.clock.until(shutdown.run(SIGTERM));
    await bench.clock.advance(1_000);
    expect(shutdown.snapshot()).toBe(report);
  });
});

describe('the report', () => {
  it('tells everything', async () => {
    const shutdown = bench.shutdown(
      ['announce', phase('drain', { timeoutMs: 400 }), 'flush', phase('close', { timeoutMs: 300 })],
      { totalMs: 2_000 },
    );
    const work = { kind: 'request', name: 'GET /orders/:id', ageMs: 400, fate: 'refused' } as const;
    shutdown.add(bench.timed('announce', 'registry', 100));
    shutdown.add({
      name: 'http',
      phase: 'drain',
      run: ({ signal, unfinished }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            expect(signal.reason).toBeInstanceOf(TaskTimeoutError);
            unfinished(work);
            resolve(undefined);
          }),
        ),
    });
    shutdown.add({ name: 'jobs', phase: 'drain', run: () => Promise.reject(new Error('gone')) });
    shutdown.add({
      name: 'hooks',
      phase: 'close',
      critical: true,
      run: () => bench.clock.block(150),
    });
    expect(await bench.clock.until(shutdown.run(SIGTERM))).toEqual({
      version: 1,
      reason: SIGTERM,
      startedAt: bench.startedAt,
      durationMs: 650,
      outcome: 'forced',
      phases: [
        {
          name: 'announce',
          outcome: 'done',
          startMs: 0,
          durationMs: 100,
          tasks: [
            { name: 'registry', outcome: 'done', startMs: 0, durationMs: 100, critical: false },
          ],
        },
        {
          name: 'drain',
          outcome: 'timed-out',
          startMs: 100,
          durationMs: 400,
          tasks: [
            { name: 'http', outcome: 'timed-out', startMs: 100, durationMs: 400, critical: false },
            {
              name: 'jobs',
              outcome: 'failed',
              startMs: 100,
              durationMs: 0,
              critical: false,
              error: 'Error: gone',
            },
          ],
        },
        { name: 'flush', outcome: 'skipped', startMs: 500, durationMs: 0, tasks: [] },
        {
          name: 'close',
          outcome: 'done',
          startMs: 500,
          durationMs: 150,
          tasks: [
            {
              name: 'hooks',
              outcome: 'done',
              startMs: 500,
              durationMs: 150,
              critical: true,
              blockedMs: 150,
            },
          ],
        },
      ],
      unfinished: [work],
    });
  });
});
