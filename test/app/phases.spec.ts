import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import {
  BudgetExceededError,
  DuplicatePhaseError,
  InvalidOptionError,
  OnClose,
  OnDrain,
  OnFlush,
  OnShutdown,
  OrderCycleError,
  UnknownOptionError,
  UnknownPhaseError,
  type PhaseOptions,
  type PhaseReport,
  type ShutdownReason,
} from '../../lib/index.js';
import { Journal, stopped, TeardownApp } from '../support/teardown-app.js';

const journal = new Journal();
const { expectOneByOne, expectTogether } = journal;

/** A provider with one step in each of these phases, by the name of the phase. */
function stepsIn(...phases: string[]): new () => object {
  @Injectable()
  class Steps {
    [method: string]: () => Promise<void>;
  }
  for (const phase of phases) {
    const descriptor = { value: () => journal.step(phase), configurable: true };
    Object.defineProperty(Steps.prototype, phase, descriptor);
    OnShutdown(phase)(Steps.prototype, phase, descriptor);
  }
  return Steps;
}

const BUILT_IN = ['announce', 'drain', 'flush', 'close'];

async function run(phases: PhaseOptions[], ...more: string[]): Promise<TeardownApp> {
  const names = phases.map(({ name }) => name);
  return stopped({ options: { phases }, providers: [stepsIn(...BUILT_IN, ...names, ...more)] });
}

function phaseReport({ report }: TeardownApp, phase: string): PhaseReport | undefined {
  return report.phases.find(({ name }) => name === phase);
}

describe('a phase of the user', () => {
  it('runs between the phases that it names', async () => {
    const app = await run([{ name: 'audit', after: ['drain'], before: ['flush'] }]);
    expectOneByOne('announce', 'drain', 'audit', 'flush', 'close');
    expect(app.report.phases.map(({ name }) => name)).toEqual(
      app.graceful.plan().phases.map(({ name }) => name),
    );
  });

  it('runs beside those that it has no order with, in both directions', async () => {
    // It waits for drain, and close waits for it; flush does neither.
    await run([{ name: 'audit', after: ['drain'] }]);
    expectTogether('audit', 'flush');
    expectOneByOne('drain', 'audit', 'close');
  });

  it('without `after` begins at once', async () => {
    await run([{ name: 'deregister', before: ['drain'] }]);
    expectTogether('deregister', 'announce');
    expectOneByOne('deregister', 'drain');
  });

  it('is over before `close`, although it does not say so', async () => {
    const { graceful } = await run([{ name: 'audit', after: ['announce'] }]);
    expectOneByOne('audit', 'close');
    expect(graceful.plan().phases.find(({ name }) => name === 'close')?.after).toContain('audit');
  });

  it('may come after `close`, also by another one that does', async () => {
    await run([
      { name: 'remove files', after: ['close'] },
      { name: 'last', after: ['remove files'] },
    ]);
    expectOneByOne('close', 'remove files', 'last');
  });

  it('runs truly side by side with another one', async () => {
    let waiting = 0;
    let meet!: () => void;
    const met = new Promise<void>((resolve) => (meet = resolve));
    const arrive = () => {
      waiting += 1;
      if (waiting === 2) meet();
      return met;
    };
    @Injectable()
    class Meeting {
      @OnShutdown('left')
      left(): Promise<void> {
        return arrive();
      }
      @OnShutdown('right')
      right(): Promise<void> {
        return arrive();
      }
    }
    const phases = [
      { name: 'left', after: ['drain'], before: ['flush'] },
      { name: 'right', after: ['drain'], before: ['flush'] },
    ];
    const { outcomes } = await stopped({ options: { phases }, providers: [Meeting] });
    expect(outcomes).toEqual({ 'Meeting@left': 'done', 'Meeting@right': 'done' });
  });

  it('lets a task wait for one of a phase beside it', async () => {
    @Injectable()
    class Left {
      @OnShutdown('left')
      run(): Promise<void> {
        return journal.step('left');
      }
    }
    @Injectable()
    class Right {
      @OnShutdown('right', { after: [Left] })
      run(): Promise<void> {
        return journal.step('right');
      }
    }
    const phases = [
      { name: 'right', after: ['drain'] },
      { name: 'left', after: ['drain'] },
    ];
    await stopped({ options: { phases }, providers: [Right, Left] });
    expectOneByOne('left', 'right');
  });

  it('keeps dependents first, as `flush` does', async () => {
    @Injectable()
    class Used {
      @OnShutdown('audit')
      run(): Promise<void> {
        return journal.step('used');
      }
    }
    @Injectable()
    class User {
      constructor(readonly used: Used) {}
      @OnShutdown('audit')
      run(): Promise<void> {
        return journal.step('user');
      }
    }
    const phases = [{ name: 'audit', after: ['drain'] }];
    await stopped({ options: { phases }, providers: [Used, User] });
    expectOneByOne('user', 'used');
  });

  it('with nothing to do is skipped, and those after it run', async () => {
    const phases = [{ name: 'audit', after: ['drain'], before: ['flush'] }];
    const app = await stopped({ options: { phases }, providers: [stepsIn(...BUILT_IN)] });
    expectOneByOne('drain', 'flush');
    expect(phaseReport(app, 'audit')?.outcome).toBe('skipped');
    expect(app.report.outcome).toBe('clean');
  });

  it('takes hooks and methods over by name', async () => {
    const provider = { provide: 'POOL', useValue: { onModuleDestroy: () => journal.step('pool') } };
    await stopped({
      options: {
        phases: [{ name: 'audit', after: ['drain'], before: ['flush'] }],
        order: [{ provider: 'POOL', phase: 'audit' }],
      },
      providers: [provider, stepsIn(...BUILT_IN)],
    });
    expectOneByOne('drain', 'pool', 'flush');
  });
});

describe('onTimeout', () => {
  const audit = { name: 'audit', after: ['drain'], before: ['flush'], timeoutMs: 20 };

  @Injectable()
  class Hung {
    @OnShutdown('audit')
    run(): Promise<void> {
      return new Promise(() => undefined);
    }
  }

  it('`continue` goes on', async () => {
    const app = await stopped({
      options: { phases: [audit] },
      providers: [Hung, stepsIn('flush')],
    });
    expectOneByOne('flush');
    expect(phaseReport(app, 'audit')?.outcome).toBe('timed-out');
    expect(app.report.outcome).toBe('forced');
  });

  it('`abort` skips every phase that has not begun, and app.close() ends', async () => {
    const app = await stopped({
      http: true,
      options: { phases: [{ ...audit, onTimeout: 'abort' }] },
      providers: [Hung, stepsIn('flush', 'close')],
    });
    expect(journal.begun).toEqual([]);
    expect(phaseReport(app, 'flush')?.outcome).toBe('skipped');
    expect(phaseReport(app, 'close')?.outcome).toBe('skipped');
    expect(app.report.outcome).toBe('forced');
  });

  it('`abort` does nothing in time', async () => {
    const phases: PhaseOptions[] = [{ ...audit, timeoutMs: 2_000, onTimeout: 'abort' }];
    const app = await stopped({ options: { phases }, providers: [stepsIn('audit', 'flush')] });
    expectOneByOne('audit', 'flush');
    expect(app.report.outcome).toBe('clean');
  });
});

describe('enabled', () => {
  it('false leaves a phase out, and what comes after it runs', async () => {
    const app = await run([{ name: 'audit', after: ['drain'], before: ['flush'], enabled: false }]);
    expectOneByOne('drain', 'flush');
    expect(journal.begun).not.toContain('audit');
    expect(phaseReport(app, 'audit')?.outcome).toBe('skipped');
  });

  it('may look at the reason', async () => {
    const reasons: ShutdownReason[] = [];
    const enabled = (reason: ShutdownReason) => {
      reasons.push(reason);
      return reason.kind === 'signal';
    };
    const setup = {
      options: { phases: [{ name: 'audit', after: ['drain'], enabled }] },
      providers: [stepsIn('audit')],
    };
    await stopped(setup);
    expect(journal.begun).toEqual([]);
    const app = await TeardownApp.start(setup);
    app.process.send('SIGTERM');
    await app.log.until(/^SIGTERM: clean/);
    expect(journal.begun).toEqual(['audit']);
    expect(reasons).toEqual([{ kind: 'close' }, { kind: 'signal', signal: 'SIGTERM' }]);
  });

  it('that throws runs the phase', async () => {
    const enabled = () => {
      throw new Error('who knows');
    };
    await run([{ name: 'audit', after: ['drain'], enabled }]);
    expectOneByOne('audit');
  });
});

describe('at boot', () => {
  const refused = (phases: unknown, options: object = {}): Promise<Error> =>
    TeardownApp.create({ options: { phases: phases as PhaseOptions[], ...options } }).then(
      () => new Error('it has started'),
      (error: unknown) => error as Error,
    );

  it.each<[string, unknown, new (...args: never[]) => Error, RegExp]>([
    [
      'a circle',
      [
        { name: 'one', after: ['drain', 'two'] },
        { name: 'two', after: ['one'] },
      ],
      OrderCycleError,
      /^The order of the phases is a circle: (one -> two -> one|two -> one -> two) /,
    ],
    ['one before itself', [{ name: 'one', after: ['one'] }], OrderCycleError, /one -> one/],
    [
      'a place that contradicts the built-in order',
      [{ name: 'one', after: ['flush'], before: ['drain'] }],
      OrderCycleError,
      /drain -> flush -> one|flush -> one -> drain|one -> drain -> flush/,
    ],
    ['an unknown name', [{ name: 'one', after: ['drian'] }], UnknownPhaseError, /'one' .*'drian'/],
    [
      'a name twice',
      [
        { name: 'one', after: ['drain'] },
        { name: 'one', before: ['drain'] },
      ],
      DuplicatePhaseError,
      /one/,
    ],
    ['a built-in name', [{ name: 'drain', after: ['announce'] }], DuplicatePhaseError, /drain/],
    ['no place', [{ name: 'one' }], InvalidOptionError, /phases\[0\].*a place among/],
    ['no name', [{ after: ['drain'] }], InvalidOptionError, /phases\[0\].* non-empty string/],
    ['no list', { name: 'one' }, InvalidOptionError, /`phases` to be an array/],
    ['no object', ['one'], InvalidOptionError, /`phases\[0\]` to be an object/],
    ['null', [null], InvalidOptionError, /`phases\[0\]` to be an object/],
    [
      'no list of names',
      [{ name: 'one', after: 'drain' }],
      InvalidOptionError,
      /phases\[0\]\.after/,
    ],
    [
      'a name that is none',
      [{ name: 'one', before: [7] }],
      InvalidOptionError,
      /phases\[0\]\.before\[0\]/,
    ],
    ['an unknown key', [{ name: 'one', afer: [] }], UnknownOptionError, /phases\[0\]\.afer/],
    [
      'no time',
      [{ name: 'one', after: ['drain'], timeoutMs: 0 }],
      InvalidOptionError,
      /phases\[0\]\.timeoutMs/,
    ],
    [
      'no policy',
      [{ name: 'one', after: ['drain'], onTimeout: 'stop' }],
      InvalidOptionError,
      /phases\[0\]\.onTimeout/,
    ],
    [
      'no answer',
      [{ name: 'one', after: ['drain'], enabled: 'no' }],
      InvalidOptionError,
      /phases\[0\]\.enabled/,
    ],
  ])('%s is refused', async (_what, phases, type, message) => {
    const error = await refused(phases);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  it('more time than the grace period holds is refused, with the sum', async () => {
    const phases = [{ name: 'audit', after: ['drain'], before: ['flush'], timeoutMs: 9_000 }];
    const error = await refused(phases, { gracePeriodMs: 10_000 });
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error.message).toMatch(/10000 ms can't hold .*the phase 'audit' 9000 \+ .* = \d+ ms/);
  });

  it('the longest way counts, not the sum of what runs side by side', async () => {
    const beside = ['one', 'two', 'three'].map((name) => ({
      name,
      after: ['drain'],
      before: ['flush'],
      timeoutMs: 3_000,
    }));
    const app = await TeardownApp.start({ options: { phases: beside, gracePeriodMs: 10_000 } });
    const { criticalPath } = app.graceful.plan();
    expect(criticalPath.ms).toBeLessThan(10_000);
    expect(
      criticalPath.phases.filter((name) => beside.some((one) => one.name === name)),
    ).toHaveLength(1);
    await app.close();
    const line = beside.map((phase, index) => ({
      ...phase,
      after: ['drain', ...beside.slice(0, index).map(({ name }) => name)],
    }));
    expect(await refused(line, { gracePeriodMs: 10_000 })).toBeInstanceOf(BudgetExceededError);
  });

  it('a task of a phase beside its own that would wait for itself is a circle', async () => {
    @Injectable()
    class Late {
      @OnShutdown('one', { after: ['Late@second'] })
      first(): void {}
      @OnShutdown('three')
      second(): void {}
    }
    const phases = [
      { name: 'one', after: ['drain'] },
      { name: 'two', after: ['one'] },
      { name: 'three', after: ['two'] },
    ];
    const app = await TeardownApp.create({ options: { phases }, providers: [Late] });
    await expect(app.app.init()).rejects.toThrow(/Late@second -> Late@first -> .*the end of one/);
    await app.close().catch(() => undefined); // core 11 rejects with the same error again
  });
});

describe('built-in phases', () => {
  it('follow one another', async () => {
    @Injectable()
    class Steps {
      @OnClose()
      close(): Promise<void> {
        return journal.step('close');
      }
      @OnDrain()
      drain(): Promise<void> {
        return journal.step('drain');
      }
      @OnFlush()
      flush(): Promise<void> {
        return journal.step('flush');
      }
    }
    await stopped({ providers: [Steps] });
    expectOneByOne('drain', 'flush', 'close');
  });
});
