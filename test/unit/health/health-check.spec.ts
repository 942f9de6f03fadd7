import { describe, expect, it } from '@jest/globals';
import { CheckRun, summarise, type HealthCheck } from '../../../lib/health/health-check.js';
import { EngineBench, never } from '../../support/engine.js';

const bench = new EngineBench();

/** A check with a journal of what would be logged. */
function checkRun(run: () => unknown, settings: Partial<HealthCheck> = {}) {
  const check: HealthCheck = {
    kind: 'readiness',
    name: 'database',
    place: 'DatabaseReady@ping',
    timeoutMs: 800,
    run,
    ...settings,
  };
  const changes: unknown[] = [];
  const checks = new CheckRun(check, bench.clock, (_check, problem) => changes.push(problem));
  return {
    result: () => bench.clock.until(checks.result()),
    start: () => checks.result(),
    changes,
  };
}

const up = { database: { status: 'up' } };
const down = (message: string) => ({ database: { status: 'down', message } });
const FAILED = down('the check failed; the log says why');
const NONSENSE = down('the check returned no indicator result');
const LATE = down('no answer within 800 ms');

describe('a check', () => {
  it.each<[string, object]>([
    ['up', up],
    ['up, with details', { database: { status: 'up', pool: 7 } }],
    ['down', { database: { status: 'down', message: 'replica lag' } }],
    ['degraded', { database: { status: 'degraded' } }],
    ['of two things', { database: { status: 'up' }, cache: { status: 'down' } }],
  ])('that is %s shows its own result', async (_name, result) => {
    expect(await checkRun(() => result).result()).toBe(result);
    expect(await checkRun(() => Promise.resolve(result)).result()).toBe(result);
  });

  it('may take its time, up to its limit', async () => {
    const { result, changes } = checkRun(() => bench.sleep(799).then(() => up));
    expect(await result()).toBe(up);
    expect(bench.elapsedMs).toBe(799);
    expect(changes).toEqual([]);
  });

  it('is asked with a thenable of any make', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- Terminus 12 returns one: HealthCheckAttempt
    const attempt = { then: (resolve: (result: object) => void) => resolve(up) };
    expect(await checkRun(() => attempt).result()).toBe(up);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['a text', 'OK'],
    ['an empty object', {}],
    ['an array', []],
    ['a status without a key', { status: 'up' }],
    ['an unknown status', { database: { status: 'ok' } }],
    ['a status in capitals', { database: { status: 'UP' } }],
    ['one result and one that is none', { database: { status: 'up' }, cache: null }],
  ])('that answers %s is down', async (_name, nonsense) => {
    const { result, changes } = checkRun(() => nonsense);
    expect(await result()).toEqual(NONSENSE);
    expect(changes).toEqual([
      expect.stringMatching(
        /^the check returned no indicator result, but .+: return health\.check\('.+'\)\.up\(\) or \.down\(\), or /,
      ),
    ]);
  });

  it.each<[string, unknown]>([
    ['an error', new Error('password authentication failed for postgres://app:hunter2@db')],
    ['a text', 'connect postgres://app:hunter2@db'],
    ['null', null],
    ['undefined', undefined],
    ['an object', { password: 'hunter2' }],
    [
      'an object that throws when it is read',
      new Proxy(
        {},
        {
          get() {
            throw new Error('hunter2');
          },
        },
      ),
    ],
  ])(
    'that throws or rejects with %s is down, and the probe does not say why',
    async (_name, thrown) => {
      const throwing = () => {
        throw thrown;
      };
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- users do
      const rejecting = () => Promise.reject(thrown);
      for (const run of [throwing, rejecting]) {
        const { result, changes } = checkRun(run);
        expect(await result()).toEqual(FAILED);
        expect(changes).toHaveLength(1);
        expect(changes[0]).toBe(thrown ?? 'it threw nothing'); // but the log does
      }
    },
  );

  it('of Terminus 11 throws its result along with the error', async () => {
    const causes = { database: { status: 'down', message: 'timeout of 300ms exceeded' } };
    const error = Object.assign(new Error('Health check failed'), { causes });
    const { result, changes } = checkRun(() => Promise.reject(error));
    expect(await result()).toBe(causes);
    expect(changes).toEqual([error]);
  });

  it.each<[string, unknown]>([
    ['that are up', up],
    ['that are none', { database: 'gone' }],
    ['that are nothing', undefined],
  ])('that throws with causes %s is down all the same', async (_name, causes) => {
    const error = Object.assign(new Error('Health check failed'), { causes });
    expect(await checkRun(() => Promise.reject(error)).result()).toEqual(FAILED);
  });

  it('that hangs is down after its time', async () => {
    const { result, changes } = checkRun(never);
    expect(await result()).toEqual(LATE);
    expect(bench.elapsedMs).toBe(800);
    expect(changes).toEqual(['no answer within 800 ms']);
  });

  it('that fails after its time does no harm', async () => {
    const late = () => bench.sleep(2_000).then(() => Promise.reject(new Error('at last')));
    expect(await checkRun(late).result()).toEqual(LATE);
    await bench.clock.advance(5_000); // an unhandled rejection would fail the test run
  });
});

describe('a check that many probes ask for', () => {
  it('runs once at a time, and all get its answer', async () => {
    let runs = 0;
    const { start } = checkRun(() => ((runs += 1), bench.sleep(100).then(() => up)));
    const answers = [start(), start()];
    await bench.clock.advance(50);
    answers.push(start());
    expect(await bench.clock.until(Promise.all(answers))).toEqual([up, up, up]);
    expect(runs).toBe(1);
    expect(await bench.clock.until(start())).toBe(up);
    expect(runs).toBe(2);
  });

  it('is not asked again while it hangs, and each probe waits no longer than its time', async () => {
    let runs = 0;
    const { start } = checkRun(() => ((runs += 1), never()));
    const first = start();
    await bench.clock.advance(700);
    const second = start();
    expect(await bench.clock.until(first)).toEqual(LATE);
    expect(bench.elapsedMs).toBe(800);
    expect(await bench.clock.until(second)).toEqual(LATE);
    expect(bench.elapsedMs).toBe(1_500);
    expect(runs).toBe(1);
  });

  it('is asked again after it hung once, and is up again at the next probe', async () => {
    let runs = 0;
    const { start, changes } = checkRun(() => ((runs += 1) === 1 ? never() : up));
    expect(await bench.clock.until(start())).toEqual(LATE);
    await bench.clock.advance(200);
    expect(await bench.clock.until(start())).toBe(up);
    expect(await bench.clock.until(start())).toBe(up);
    expect(runs).toBe(3);
    expect(changes).toEqual(['no answer within 800 ms', undefined]);
  });

  it('is asked more and more rarely while it hangs, and never given up', async () => {
    const asked: number[] = [];
    let healed = false;
    const { start } = checkRun(() => {
      asked.push(bench.elapsedMs);
      return healed ? up : never();
    });
    for (let probe = 0; probe < 300; probe += 1) {
      const answer = start();
      await bench.clock.advance(1_000);
      expect(await answer).toEqual(LATE);
    }
    const pauses = asked.slice(1).map((at, index) => (at - asked[index]) / 1_000);
    // A probe comes once a second, and each call has 0.8 s before its pause begins.
    expect(pauses).toEqual([1, 1, 6, 11, 21, 41, 61, 61, 61]);

    healed = true;
    const answers: unknown[] = [];
    for (let probe = 0; probe < 61; probe += 1) {
      const answer = start();
      await bench.clock.advance(1_000);
      answers.push(await answer);
    }
    expect(answers.at(-1)).toBe(up);
  });

  it('never has more than eight calls unanswered, and is up again once what it asks is back', async () => {
    let unanswered = 0;
    let most = 0;
    let runs = 0;
    let healed = false;
    // Every second call answers, far too late: that alone would have it asked again at once.
    const { start } = checkRun(async () => {
      if (healed) return up;
      runs += 1;
      unanswered += 1;
      most = Math.max(most, unanswered);
      await (runs % 2 === 0 ? bench.sleep(20_000) : never());
      unanswered -= 1;
      return up;
    });
    for (let probe = 0; probe < 100; probe += 1) {
      const answer = start();
      await bench.clock.advance(1_000);
      await answer;
    }
    expect(most).toBe(8);
    const calledThen = runs;

    healed = true;
    let answer: unknown = LATE;
    for (let probe = 0; probe < 240 && answer !== up; probe += 1) {
      const asked = start();
      await bench.clock.advance(1_000);
      answer = await asked;
    }
    expect(answer).toBe(up);
    expect(runs).toBe(calledThen);
  });

  it('is asked at once when a call that hung has answered at last', async () => {
    let letGo: (result: object) => void = () => undefined;
    const first = new Promise<object>((resolve) => (letGo = resolve));
    let runs = 0;
    const { start } = checkRun(() => [first, never(), never(), up][runs++]);
    for (let probe = 0; probe < 3; probe += 1)
      expect(await bench.clock.until(start())).toEqual(LATE);
    expect(await bench.clock.until(start())).toEqual(LATE); // within the pause
    expect(runs).toBe(3);
    letGo(up);
    await bench.clock.advance(1);
    expect(await bench.clock.until(start())).toBe(up);
  });

  it('is asked again once it has answered, however late, and recovers', async () => {
    const durations = [2_000, 10];
    const { start, changes } = checkRun(() => bench.sleep(durations.shift() ?? 10).then(() => up));
    expect(await bench.clock.until(start())).toEqual(LATE);
    await bench.clock.advance(2_000);
    expect(await bench.clock.until(start())).toBe(up);
    expect(changes).toEqual(['no answer within 800 ms', undefined]);
  });
});

describe('the log', () => {
  it('hears of each change once', async () => {
    const error = new Error('gone');
    let state: 'up' | 'down' | 'throws' = 'up';
    const { result, changes } = checkRun(() => {
      if (state === 'throws') throw error;
      return { database: { status: state } };
    });
    await result();
    await result();
    expect(changes).toEqual([]);
    state = 'down';
    await result();
    state = 'throws';
    await result();
    await result();
    expect(changes).toEqual([{ database: { status: 'down' } }]);
    state = 'up';
    await result();
    await result();
    state = 'throws';
    await result();
    expect(changes).toEqual([{ database: { status: 'down' } }, undefined, error]);
  });

  it('does not hear "up again" of a check that always answers too late', async () => {
    const { result, changes } = checkRun(() => bench.sleep(1_000).then(() => up));
    for (let probe = 0; probe < 5; probe += 1) {
      await result();
      await bench.clock.advance(10_000);
    }
    expect(changes).toEqual(['no answer within 800 ms']);
  });

  it('may fail without harm to the probe', async () => {
    const fail = () => {
      throw new Error('the log is full');
    };
    const check = {
      kind: 'liveness',
      name: 'loop',
      place: 'A@b',
      timeoutMs: 800,
      run: never,
    } as const;
    const failing = new CheckRun(
      { ...check, run: () => Promise.reject(new Error('x')) },
      bench.clock,
      fail,
    );
    expect(await failing.result()).toMatchObject({ loop: { status: 'down' } });
    const hanging = new CheckRun(check, bench.clock, fail);
    expect(await bench.clock.until(hanging.result())).toMatchObject({ loop: { status: 'down' } });
  });
});

describe('the summary', () => {
  const entry = (key: string, status: string) => ({ [key]: { status } }) as never;

  it('of nothing is ok', () => {
    expect(summarise([])).toEqual({ status: 'ok', info: {}, error: {}, details: {} });
  });

  it('sorts results into info and error, as Terminus does', () => {
    expect(summarise([entry('a', 'up'), entry('b', 'down'), entry('c', 'up')])).toEqual({
      status: 'error',
      info: { a: { status: 'up' }, c: { status: 'up' } },
      error: { b: { status: 'down' } },
      details: { a: { status: 'up' }, b: { status: 'down' }, c: { status: 'up' } },
    });
  });

  it('is degraded when something is and nothing is down', () => {
    expect(summarise([entry('a', 'up'), entry('b', 'degraded')])).toEqual({
      status: 'degraded',
      info: { a: { status: 'up' }, b: { status: 'degraded' } },
      error: {},
      details: { a: { status: 'up' }, b: { status: 'degraded' } },
    });
    expect(summarise([entry('a', 'down'), entry('b', 'degraded')]).status).toBe('error');
  });

  it.each([
    ['down', 'up'],
    ['up', 'down'],
  ])('of two results with one key, %s and %s, is an error', (first, second) => {
    const summary = summarise([entry('ping', first), entry('ping', second)]);
    expect(summary).toMatchObject({
      status: 'error',
      error: { ping: { status: 'down' } },
      details: { ping: { status: 'down' } },
    });
  });
});
