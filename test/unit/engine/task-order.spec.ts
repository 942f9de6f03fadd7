import { describe, expect, it } from '@jest/globals';
import type { ShutdownRecord, TaskReport } from '../../../lib/engine/record.js';
import type { ShutdownTask, TaskContext } from '../../../lib/engine/task.js';
import { EngineBench, never, phase, SIGTERM } from '../../support/engine.js';

const bench = new EngineBench();

/** Each task of a record in one line, such as `pool done 100-110`. */
function told(record: ShutdownRecord): string[] {
  return record.phases.flatMap(({ tasks }) => tasks.map(line));
}

function line({ name, outcome, startMs, durationMs }: TaskReport): string {
  return `${name} ${outcome} ${startMs}-${startMs + durationMs}`;
}

/** A task that hangs, and notes how long it is given. */
function hanging(
  phaseName: string,
  name: string,
  given: Record<string, number> = {},
  settings: Partial<ShutdownTask> = {},
): ShutdownTask {
  const run = (context: TaskContext) => ((given[name] = context.remainingMs), never());
  return { name, phase: phaseName, run, ...settings };
}

describe('a task after others', () => {
  it('waits for all of them, and what has no order runs side by side', async () => {
    const journal: string[] = [];
    const shutdown = bench.shutdown(['close']);
    const pool = bench.timed('close', 'pool', 50, journal);
    const cache = bench.timed('close', 'cache', 100, journal);
    const users = bench.timed('close', 'users', 20, journal);
    const clock = bench.timed('close', 'clock', 10, journal);
    shutdown.add(pool, [users, cache]);
    shutdown.add(cache);
    shutdown.add(users);
    shutdown.add(clock, [users]);
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(journal).toEqual([
      'cache starts at 0',
      'users starts at 0',
      'users ends at 20',
      'clock starts at 20',
      'clock ends at 30',
      'cache ends at 100',
      'pool starts at 100',
      'pool ends at 150',
    ]);
  });

  it('is reported in the order it was added, with when it began', async () => {
    const shutdown = bench.shutdown(['announce', 'close']);
    const first = bench.timed('close', 'first', 30);
    shutdown.add(bench.timed('announce', 'registry', 100));
    shutdown.add(bench.timed('close', 'second', 10), [first]);
    shutdown.add(first);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'registry done 0-100',
      'second done 130-140',
      'first done 100-130',
    ]);
  });

  it('begins in the same turn of the event loop when they return at once', async () => {
    const journal: string[] = [];
    const shutdown = bench.shutdown(['close']);
    const make = (name: string) => ({
      name,
      phase: 'close',
      run: () => void journal.push(name),
    });
    const chain = ['a', 'b', 'c', 'd'].map(make);
    for (const [index, task] of chain.entries()) shutdown.add(task, chain.slice(0, index));
    shutdown.add(make('free'));
    const running = shutdown.run(SIGTERM);
    expect(journal).toEqual(['a', 'free']); // what waits for nothing has begun already
    await bench.clock.microtasks();
    expect(journal).toEqual(['a', 'free', 'b', 'c', 'd']);
    await running;
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('sync');
      },
    ],
    ['rejects', () => Promise.reject(new Error('async'))],
  ])('begins although one of them %s', async (_, run) => {
    const shutdown = bench.shutdown(['close']);
    const fails = { name: 'fails', phase: 'close', run };
    shutdown.add(bench.timed('close', 'pool', 10), [fails]);
    shutdown.add(fails);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record)).toEqual(['pool done 0-10', 'fails failed 0-0']);
    expect(record.outcome).toBe('clean');
  });

  it('begins when one of them has missed its own time, and has wrapped up', async () => {
    const shutdown = bench.shutdown([phase('close', { settleMs: 100 })]);
    const slow = hanging('close', 'slow', {}, { timeoutMs: 200 });
    shutdown.add(slow);
    shutdown.add(bench.timed('close', 'pool', 10), [slow]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'slow timed-out 0-300',
      'pool done 300-310',
    ]);
  });

  it('begins at once when one of them was never added', async () => {
    const shutdown = bench.shutdown(['close']);
    shutdown.add(bench.timed('close', 'pool', 10), [
      bench.timed('close', 'ghost', 10),
      bench.timed('nowhere', 'phantom', 10),
    ]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual(['pool done 0-10']);
  });

  it('comes after one that is left to Nest, which is only named', async () => {
    let called = false;
    const shutdown = bench.shutdown(['close']);
    const frozen: ShutdownTask = {
      name: 'frozen',
      phase: 'close',
      leftToNest: true,
      site: 'AppModule',
      run: () => void (called = true),
    };
    shutdown.add(frozen);
    shutdown.add(bench.timed('close', 'pool', 10), [frozen]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record)).toEqual(['frozen left-to-nest 0-0', 'pool done 0-10']);
    expect(record.phases[0]?.tasks[0]).toMatchObject({ site: 'AppModule' });
    expect(record.outcome).toBe('clean');
    expect(called).toBe(false);
  });

  it('may be added while the shutdown runs, after one that does', async () => {
    const shutdown = bench.shutdown(['drain', phase('audit', { after: [] }), 'close']);
    const slow = bench.timed('audit', 'slow', 500);
    const late = bench.timed('close', 'late', 10);
    shutdown.add(slow);
    const adds = async () => {
      await bench.sleep(100);
      shutdown.add(late, [slow]);
    };
    shutdown.add({ name: 'adds', phase: 'drain', run: adds });
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toContain('late done 500-510');
  });
});

describe('a task that hangs leaves those after it', () => {
  it('250 ms for each step behind it', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown([phase('close', { timeoutMs: 2_000 })]);
    const chain = ['a', 'b', 'c'].map((name) => hanging('close', name, given));
    for (const [index, task] of chain.entries()) shutdown.add(task, chain.slice(0, index));
    shutdown.add(hanging('close', 'free', given));
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(given).toEqual({ a: 1_500, b: 250, c: 250, free: 2_000 });
    expect(record.durationMs).toBe(2_000);
  });

  it('as much for the longest chain behind it, however many there are', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown([phase('close', { timeoutMs: 2_000 })]);
    const first = hanging('close', 'first', given);
    const second = hanging('close', 'second', given);
    shutdown.add(first);
    shutdown.add(second, [first]);
    for (const name of ['x', 'y', 'z']) shutdown.add(hanging('close', name, given), [first]);
    shutdown.add(hanging('close', 'last', given), [second]);
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(given).toEqual({ first: 1_500, second: 250, x: 500, y: 500, z: 500, last: 250 });
  });

  it('half of what there is when that is less', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown([phase('close', { timeoutMs: 400 })]);
    const chain = ['a', 'b', 'c'].map((name) => hanging('close', name, given));
    for (const [index, task] of chain.entries()) shutdown.add(task, chain.slice(index - 1, index));
    await bench.clock.until(shutdown.run(SIGTERM));
    expect(given).toEqual({ a: 200, b: 100, c: 100 });
  });

  it('the same when it may wrap up: that is taken from its own time', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown([phase('drain', { timeoutMs: 2_000, settleMs: 250 })]);
    const [first, second] = ['first', 'second'].map((name) => hanging('drain', name, given));
    shutdown.add(first);
    shutdown.add(second, [first]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(given).toEqual({ first: 1_500, second: 250 });
    expect(told(record)).toEqual(['first timed-out 0-1750', 'second timed-out 1750-2250']);
  });

  it('something, also when wrapping up takes as long as the phase', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown([phase('drain', { timeoutMs: 200, settleMs: 300 })]);
    const [first, second] = ['first', 'second'].map((name) => hanging('drain', name, given));
    shutdown.add(first);
    shutdown.add(second, [first]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(given).toEqual({ first: 50, second: 100 });
    expect(record.durationMs).toBe(500);
  });
});

describe('a phase whose time is over as it begins', () => {
  it('still lets its tasks wrap up, in what is left of its time to settle', async () => {
    const run = async (lateMs: number) => {
      const shutdown = bench.shutdown(['announce', phase('drain', { settleMs: 250 })], {
        totalMs: 1_000,
      });
      const startedAt = bench.clock.now();
      shutdown.add({
        name: 'blocks',
        phase: 'announce',
        run: () => bench.clock.block(750 + lateMs),
      });
      const wrapUp = async ({ signal }: TaskContext) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await bench.sleep(40);
      };
      shutdown.add({ name: 'http', phase: 'drain', run: wrapUp });
      shutdown.add(hanging('drain', 'hangs'));
      const record = await bench.clock.until(shutdown.run(SIGTERM, startedAt));
      await bench.clock.advance(40);
      return record.phases[1]?.tasks.map(({ name, durationMs }) => `${name} ${durationMs}`);
    };
    expect(await run(0)).toEqual(['http 40', 'hangs 250']);
    expect(await run(230)).toEqual(['http 20', 'hangs 20']);
    expect(await run(900)).toEqual(['http 0', 'hangs 0']);
  });

  it('runs all of them nevertheless, in their order', async () => {
    const journal: string[] = [];
    const shutdown = bench.shutdown(['drain', 'close'], { totalMs: 100 });
    shutdown.add({ name: 'blocks', phase: 'drain', run: () => bench.clock.block(500) });
    const first = bench.timed('close', 'first', 0, journal);
    shutdown.add(bench.timed('close', 'second', 0, journal), [first]);
    shutdown.add(first);
    await bench.clock.until(shutdown.run(SIGTERM));
    await bench.clock.advance(0);
    expect(journal.filter((entry) => entry.includes('starts'))).toEqual([
      'first starts at 500',
      'second starts at 500',
    ]);
  });
});

describe('phases side by side', () => {
  it('run at the same time', async () => {
    const journal: string[] = [];
    const shutdown = bench.shutdown([
      'announce',
      phase('drain', { after: ['announce'] }),
      phase('metrics', { after: ['announce'] }),
      phase('close', { after: ['drain', 'metrics'] }),
    ]);
    shutdown.add(bench.timed('announce', 'registry', 10, journal));
    shutdown.add(bench.timed('drain', 'http', 100, journal));
    shutdown.add(bench.timed('metrics', 'push', 50, journal));
    shutdown.add(bench.timed('close', 'pool', 10, journal));
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(journal).toEqual([
      'registry starts at 0',
      'registry ends at 10',
      'http starts at 10',
      'push starts at 10',
      'push ends at 60',
      'http ends at 110',
      'pool starts at 110',
      'pool ends at 120',
    ]);
    const spans = record.phases.map((one) => [one.name, one.startMs, one.durationMs]);
    expect(spans).toEqual([
      ['announce', 0, 10],
      ['drain', 10, 100],
      ['metrics', 10, 50],
      ['close', 110, 10],
    ]);
  });

  it('each start at once when they wait for nothing, before the call returns', () => {
    const started: string[] = [];
    const shutdown = bench.shutdown(['drain', phase('metrics', { after: [] }), 'close']);
    for (const name of ['drain', 'metrics', 'close']) {
      shutdown.add({ name, phase: name, run: () => void started.push(name) });
    }
    void shutdown.run(SIGTERM);
    expect(started).toEqual(['drain', 'metrics']);
  });

  it('wait only for their own: one that hangs does not hold up the other', async () => {
    const shutdown = bench.shutdown([
      phase('slow', { timeoutMs: 900 }),
      phase('quick', { after: [] }),
      phase('behind quick', { after: ['quick'] }),
    ]);
    shutdown.add(hanging('slow', 'hangs'));
    shutdown.add(bench.timed('quick', 'a', 10));
    shutdown.add(bench.timed('behind quick', 'b', 10));
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'hangs timed-out 0-900',
      'a done 0-10',
      'b done 10-20',
    ]);
  });

  it('wait through a phase that is skipped for those before it', async () => {
    const shutdown = bench.shutdown([
      'drain',
      phase('nothing to do'),
      phase('left out', { enabled: () => false }),
      'close',
    ]);
    shutdown.add(bench.timed('drain', 'http', 100));
    shutdown.add(bench.timed('left out', 'x', 100));
    shutdown.add(bench.timed('close', 'pool', 10));
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record)).toEqual(['http done 0-100', 'pool done 100-110']);
  });

  it('that abort the run let those that have begun go on, and skip the rest', async () => {
    const shutdown = bench.shutdown([
      'announce',
      phase('critical', { after: ['announce'], timeoutMs: 100, onTimeout: 'abort' }),
      phase('beside', { after: ['announce'] }),
      phase('behind beside', { after: ['beside'] }),
      phase('close', { after: ['critical', 'behind beside'] }),
    ]);
    shutdown.add(bench.timed('announce', 'registry', 10));
    shutdown.add(hanging('critical', 'hangs'));
    const first = bench.timed('beside', 'first', 200);
    shutdown.add(first);
    shutdown.add(bench.timed('beside', 'second', 50), [first]);
    shutdown.add(bench.timed('behind beside', 'third', 10));
    shutdown.add(bench.timed('close', 'pool', 10));
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record)).toEqual([
      'registry done 0-10',
      'hangs timed-out 10-110',
      'first done 10-210',
      'second done 210-260',
    ]);
    expect(record.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'announce done',
      'critical timed-out',
      'beside done',
      'behind beside skipped',
      'close skipped',
    ]);
  });

  it('are not aborted by one that had nothing to do', async () => {
    const shutdown = bench.shutdown([
      phase('a', { onTimeout: 'abort' }),
      phase('b', { after: ['a'] }),
    ]);
    shutdown.add(bench.timed('b', 'runs', 10));
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual(['runs done 0-10']);
  });
});

describe('a task after one of a phase side by side', () => {
  /** Two phases that run at the same time, and one after both. */
  const phases = [
    phase('drain', { reserveMs: 100 }),
    phase('metrics', { after: [], timeoutMs: 1_000 }),
    phase('close', { after: ['drain', 'metrics'], reserveMs: 300 }),
  ];

  it('waits for it, and the tasks beside it do not', async () => {
    const shutdown = bench.shutdown(phases);
    const http = bench.timed('drain', 'http', 200);
    shutdown.add(http);
    shutdown.add(bench.timed('drain', 'jobs', 400));
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    shutdown.add(bench.timed('metrics', 'count', 10));
    shutdown.add(bench.timed('close', 'pool', 10));
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'http done 0-200',
      'jobs done 0-400',
      'push done 200-210',
      'count done 0-10',
      'pool done 400-410',
    ]);
  });

  it('is skipped when its own phase has no time left, and says what it waited for', async () => {
    const shutdown = bench.shutdown(phases);
    const http = bench.timed('drain', 'http', 3_000);
    const push = bench.timed('metrics', 'push', 10, [], { critical: true, site: 'AppModule' });
    shutdown.add(http);
    shutdown.add(push, [http]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(record.outcome).toBe('forced');
    expect(record.phases[1]).toEqual({
      name: 'metrics',
      outcome: 'timed-out',
      startMs: 0,
      durationMs: 1_000,
      tasks: [
        {
          name: 'push',
          outcome: 'skipped',
          startMs: 1_000,
          durationMs: 0,
          critical: true,
          site: 'AppModule',
          error: 'waited for http',
        },
      ],
    });
  });

  it('that is skipped names only what was not settled', async () => {
    const shutdown = bench.shutdown(phases);
    const http = hanging('drain', 'http');
    const jobs = bench.timed('drain', 'jobs', 200);
    const push = bench.timed('metrics', 'push', 10);
    for (const task of [http, jobs]) shutdown.add(task);
    shutdown.add(push, [jobs, http]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(record.phases[1]?.tasks[0]).toMatchObject({ error: 'waited for http' });
  });

  it('that is skipped aborts the run when its phase says so', async () => {
    const shutdown = bench.shutdown([
      phase('drain', { timeoutMs: 2_000 }),
      phase('metrics', { after: [], timeoutMs: 1_000, onTimeout: 'abort' }),
      phase('close', { after: ['metrics'] }),
    ]);
    const http = bench.timed('drain', 'http', 1_500);
    shutdown.add(http);
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    shutdown.add(bench.timed('close', 'pool', 10));
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(record.phases.map(({ outcome }) => outcome)).toEqual(['done', 'timed-out', 'skipped']);
  });

  it('waits no longer than leaves time to those after it', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown(phases);
    const http = hanging('drain', 'http');
    const push = bench.timed('metrics', 'push', 10);
    shutdown.add(http);
    shutdown.add(push, [http]);
    shutdown.add(hanging('metrics', 'last', given), [push]);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record).slice(1)).toEqual(['push skipped 750-750', 'last timed-out 750-1000']);
    expect(given).toEqual({ last: 250 });
  });

  it('begins when that one has timed out', async () => {
    const shutdown = bench.shutdown(phases);
    const http = hanging('drain', 'http', {}, { timeoutMs: 300 });
    shutdown.add(http);
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'http timed-out 0-300',
      'push done 300-310',
    ]);
  });

  it.each([
    ['is left out', { enabled: () => false }],
    ['is empty', {}],
  ])('begins at once when that phase %s', async (what, settings) => {
    const shutdown = bench.shutdown([
      phase('drain', settings),
      phase('metrics', { after: [], timeoutMs: 1_000 }),
    ]);
    const http = bench.timed('drain', 'http', 200);
    if (what === 'is left out') shutdown.add(http);
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual(['push done 0-10']);
  });

  it('waits for a phase that begins later', async () => {
    const shutdown = bench.shutdown([
      phase('announce'),
      phase('drain', { after: ['announce'] }),
      phase('metrics', { after: [], timeoutMs: 1_000 }),
    ]);
    const http = bench.timed('drain', 'http', 200);
    shutdown.add(bench.timed('announce', 'registry', 100));
    shutdown.add(http);
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'registry done 0-100',
      'push done 300-310',
      'http done 100-300',
    ]);
  });

  it('waits for a phase that begins later, and is then skipped by an abort', async () => {
    const shutdown = bench.shutdown([
      phase('announce', { timeoutMs: 100, onTimeout: 'abort' }),
      phase('drain', { after: ['announce'] }),
      phase('metrics', { after: [], timeoutMs: 1_000 }),
    ]);
    const http = bench.timed('drain', 'http', 200);
    shutdown.add(hanging('announce', 'hangs'));
    shutdown.add(http);
    shutdown.add(bench.timed('metrics', 'push', 10), [http]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'hangs timed-out 0-100',
      'push done 100-110',
    ]);
  });

  it('can wait from both sides', async () => {
    const shutdown = bench.shutdown(phases);
    const [a1, a2] = ['a1', 'a2'].map((name) => bench.timed('drain', name, 10));
    const [b1, b2] = ['b1', 'b2'].map((name) => bench.timed('metrics', name, 10));
    shutdown.add(a1);
    shutdown.add(b1, [a1]);
    shutdown.add(a2, [b1]);
    shutdown.add(b2, [a2, b1]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'a1 done 0-10',
      'a2 done 20-30',
      'b1 done 10-20',
      'b2 done 30-40',
    ]);
  });
});

describe('an order that can not be, which nobody should give', () => {
  it('a circle through two phases ends in time', async () => {
    const shutdown = bench.shutdown([
      phase('drain', { timeoutMs: 400 }),
      phase('metrics', { after: [], timeoutMs: 1_000 }),
    ]);
    const http = bench.timed('drain', 'http', 10);
    const push = bench.timed('metrics', 'push', 10);
    shutdown.add(http, [push]);
    shutdown.add(push, [http]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'http skipped 400-400',
      'push done 400-410',
    ]);
  });

  it('a task after one of a later phase ends in time', async () => {
    const shutdown = bench.shutdown([phase('drain', { timeoutMs: 400 }), 'close']);
    const pool = bench.timed('close', 'pool', 10);
    shutdown.add(bench.timed('drain', 'http', 10), [pool]);
    shutdown.add(pool);
    const record = await bench.clock.until(shutdown.run(SIGTERM));
    expect(told(record)).toEqual(['http skipped 400-400', 'pool done 400-410']);
    expect(record.phases[0]?.tasks[0]).toMatchObject({ error: 'waited for pool' });
  });

  it('a circle of boundaries ends in time', async () => {
    // `b` waits for `a`, one task of `a` for one of `c`, which waits for one of `b`.
    const shutdown = bench.shutdown([
      phase('a', { timeoutMs: 400 }),
      phase('b', { after: ['a'] }),
      phase('c', { after: [] }),
    ]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => bench.timed(name, name, 10));
    shutdown.add(a, [c]);
    shutdown.add(b);
    shutdown.add(c, [b]);
    expect(told(await bench.clock.until(shutdown.run(SIGTERM)))).toEqual([
      'a skipped 400-400',
      'c done 410-420',
      'b done 400-410',
    ]);
  });
});

describe('a run that has less time than its reserves', () => {
  it('gives everybody the same part, and ends in time', async () => {
    const given: Record<string, number> = {};
    const shutdown = bench.shutdown(
      [
        phase('drain', { reserveMs: 400, settleMs: 100 }),
        phase('audit', { after: ['drain'], reserveMs: 200 }),
        phase('metrics', { after: ['drain'], reserveMs: 100 }),
        phase('close', { after: ['audit', 'metrics'], reserveMs: 300 }),
      ],
      { totalMs: 10_000 },
    );
    for (const name of ['drain', 'audit', 'metrics', 'close']) {
      shutdown.add(hanging(name, name, given));
    }
    const record = await bench.clock.until(shutdown.run(SIGTERM, bench.startedAt, 500));
    expect(given).toEqual({ drain: 200, audit: 100, metrics: 100, close: 150 });
    expect(record.phases.map(({ durationMs }) => durationMs)).toEqual([250, 100, 100, 150]);
    expect(record.durationMs).toBe(500);
  });

  it('runs everything when it has none, and is over at once', async () => {
    const shutdown = bench.shutdown(['drain', phase('close', { reserveMs: 300 })]);
    shutdown.add(hanging('drain', 'http'));
    shutdown.add(hanging('close', 'pool'));
    const record = await bench.clock.until(shutdown.run(SIGTERM, bench.startedAt, 0));
    expect(told(record)).toEqual(['http timed-out 0-0', 'pool timed-out 0-0']);
  });
});

describe('the snapshot of a graph', () => {
  it('has what runs, what waits, and no phase that has not begun', async () => {
    const shutdown = bench.shutdown([
      'drain',
      phase('metrics', { after: [] }),
      phase('close', { after: ['drain', 'metrics'] }),
    ]);
    const http = bench.timed('drain', 'http', 300);
    shutdown.add(http);
    shutdown.add(bench.timed('drain', 'after http', 10), [http]);
    shutdown.add(bench.timed('metrics', 'push', 50));
    shutdown.add(bench.timed('close', 'pool', 10));
    const running = shutdown.run(SIGTERM);
    await bench.clock.advance(100);
    const snapshot = shutdown.snapshot();
    expect(snapshot && told(snapshot)).toEqual([
      'http timed-out 0-100',
      'after http skipped 100-100',
      'push done 0-50',
    ]);
    expect(snapshot?.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'drain timed-out',
      'metrics done',
    ]);
    const record = await bench.clock.until(running);
    expect(record.outcome).toBe('clean'); // the snapshot was of a moment
  });

  it('is right while a task of the same phase begins', () => {
    let seen: string[] = [];
    const shutdown = bench.shutdown(['drain']);
    const look = () => void (seen = told(shutdown.snapshot() as ShutdownRecord));
    const first = { name: 'first', phase: 'drain', run: look };
    shutdown.add(first);
    shutdown.add({ name: 'beside', phase: 'drain', run: () => undefined });
    shutdown.add({ name: 'behind', phase: 'drain', run: () => undefined }, [first]);
    void shutdown.run(SIGTERM);
    expect(seen).toEqual(['first timed-out 0-0', 'beside skipped 0-0', 'behind skipped 0-0']);
  });
});
