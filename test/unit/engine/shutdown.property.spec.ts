import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Phase } from '../../../lib/engine/phase.js';
import { Shutdown } from '../../../lib/engine/shutdown.js';
import type { TaskContext } from '../../../lib/engine/task.js';
import { never, phase, SIGTERM } from '../../support/engine.js';
import { check } from '../../support/property.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** How a random task behaves; all times in milliseconds. */
interface Behaviour {
  readonly phase: number;
  readonly timeoutMs?: number;
  /** Blocks the event loop first, for this long. */
  readonly blockMs: number;
  readonly way: 'returns' | 'throws' | 'hangs' | 'resolves' | 'rejects';
  readonly afterMs: number;
  /** Stops when its signal aborts, after this long. */
  readonly stopsAfterMs?: number;
}

interface Plan {
  readonly totalMs: number;
  readonly phases: readonly Phase[];
  readonly tasks: readonly Behaviour[];
}

const time = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 1, max }));
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const plans: fc.Arbitrary<Plan> = fc
  .record({
    spareMs: time(5_000),
    phases: fc.array(
      fc.record({
        timeoutMs: fc.oneof(fc.constant(Infinity), time(3_000)),
        reserveMs: time(1_000),
        settleMs: time(200),
        onTimeout: fc.constantFrom('continue' as const, 'continue' as const, 'abort' as const),
        enabled: sometimes(fc.boolean()),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    tasks: fc.array(
      fc.record({
        phase: fc.nat(),
        timeoutMs: sometimes(fc.integer({ min: 1, max: 3_000 })),
        blockMs: fc.oneof(
          { weight: 4, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: time(1_500) },
        ),
        way: fc.constantFrom('returns', 'throws', 'hangs', 'resolves', 'rejects'),
        afterMs: time(4_000),
        stopsAfterMs: sometimes(time(300)),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ spareMs, phases, tasks }) => {
    const built = phases.map(({ enabled, ...settings }, index) =>
      phase(`phase ${index}`, {
        ...settings,
        ...(enabled === undefined ? {} : { enabled: () => enabled }),
      }),
    );
    // As resolveOptions sees to it: what is reserved fits into the whole.
    const reserved = built.reduce((sum, { reserveMs, settleMs }) => sum + reserveMs + settleMs, 0);
    return {
      totalMs: reserved + spareMs,
      phases: built,
      tasks: tasks.map((task) => ({ ...task, phase: task.phase % built.length })),
    };
  });

/** What a task was seen to do. */
interface Seen {
  runs: number;
  startedAt: number;
  deadline: number;
  endedAt?: number;
}

async function play(plan: Plan) {
  const clock = new VirtualClock();
  const shutdown = new Shutdown({ phases: plan.phases, clock, totalMs: plan.totalMs });
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
  const seen = plan.tasks.map((): Seen => ({ runs: 0, startedAt: 0, deadline: 0 }));
  let blockedMs = 0;

  for (const [index, task] of plan.tasks.entries()) {
    const state = seen[index];
    const run = (context: TaskContext): unknown => {
      state.runs += 1;
      state.startedAt = clock.now();
      state.deadline = context.deadline;
      clock.block(task.blockMs);
      blockedMs += task.blockMs;
      const end = <T>(value: T): T => ((state.endedAt = clock.now()), value);
      if (task.way === 'returns') return end(undefined);
      if (task.way === 'throws') throw end(new Error(`task ${index}`));
      const work = task.way === 'hangs' ? never() : sleep(task.afterMs).then(end);
      const failing =
        task.way === 'rejects' ? work.then(() => Promise.reject(new Error(`task ${index}`))) : work;
      if (task.stopsAfterMs === undefined) return failing;
      const stopped = new Promise((resolve) => context.signal.addEventListener('abort', resolve))
        .then(() => sleep(task.stopsAfterMs ?? 0))
        .then(end);
      return Promise.race([failing, stopped]);
    };
    const phaseName = `phase ${task.phase}`;
    shutdown.add({ name: `task ${index}`, phase: phaseName, timeoutMs: task.timeoutMs, run });
  }

  const startedAt = clock.now();
  const report = await clock.until(shutdown.run(SIGTERM));
  const durationMs = clock.now() - startedAt;
  const finishedAt = clock.now();
  // What is left belongs to stragglers; the engine itself has cleared its timers.
  await clock.advance(20_000);
  return { report, seen, startedAt, finishedAt, durationMs, blockedMs, clock };
}

describe('any shutdown', () => {
  it('runs each task of a phase that is not skipped exactly once, and reports it exactly once', async () => {
    await check(plans, async (plan) => {
      const { report, seen } = await play(plan);
      expect(report.phases.map(({ name }) => name)).toEqual(plan.phases.map(({ name }) => name));
      for (const [index, { outcome, tasks }] of report.phases.entries()) {
        const own = plan.tasks.flatMap((task, id) => (task.phase === index ? [id] : []));
        const expected = outcome === 'skipped' ? [] : own.map((id) => `task ${id}`);
        expect(tasks.map(({ name }) => name)).toEqual(expected);
        for (const id of own) expect(seen[id]?.runs).toBe(outcome === 'skipped' ? 0 : 1);
      }
    });
  });

  it('skips a phase only for a reason', async () => {
    await check(plans, async (plan) => {
      const { report } = await play(plan);
      let aborted = false;
      for (const [index, { outcome }] of report.phases.entries()) {
        const settings = plan.phases[index];
        const empty = plan.tasks.every((task) => task.phase !== index);
        const skipped = aborted || empty || settings.enabled?.(SIGTERM) === false;
        expect(outcome === 'skipped').toBe(skipped);
        if (outcome === 'timed-out' && settings.onTimeout === 'abort') aborted = true;
      }
    });
  });

  it('starts no task before every earlier phase is settled or past its deadline', async () => {
    await check(plans, async (plan) => {
      const { seen } = await play(plan);
      for (const [later, task] of plan.tasks.entries()) {
        if (seen[later]?.runs === 0) continue;
        for (const [earlier, before] of plan.tasks.entries()) {
          if (before.phase >= task.phase || seen[earlier]?.runs === 0) continue;
          const { deadline, endedAt = Infinity } = seen[earlier];
          expect(seen[later]?.startedAt).toBeGreaterThanOrEqual(Math.min(endedAt, deadline));
        }
      }
    });
  });

  it('is over in time, but for what tasks blocked the event loop', async () => {
    await check(plans, async (plan) => {
      const { report, durationMs, blockedMs } = await play(plan);
      expect(report.durationMs).toBe(durationMs);
      expect(durationMs).toBeLessThanOrEqual(plan.totalMs + blockedMs);
    });
  });

  it('keeps the reserve of every phase, whatever the earlier ones do', async () => {
    await check(plans, async (plan) => {
      const { seen, startedAt, blockedMs } = await play(plan);
      for (const [id, task] of plan.tasks.entries()) {
        const state = seen[id];
        if (state.runs === 0) continue;
        const own = plan.phases[task.phase];
        const promised = Math.min(own.reserveMs, own.timeoutMs, task.timeoutMs ?? Infinity);
        expect(state.deadline - state.startedAt).toBeGreaterThanOrEqual(promised - blockedMs);
        // And it never promises what belongs to a later phase.
        const later = plan.phases.slice(task.phase + 1);
        const reserved = later.reduce((sum, next) => sum + next.reserveMs + next.settleMs, 0);
        const end = startedAt + plan.totalMs - reserved - own.settleMs;
        expect(state.deadline).toBeLessThanOrEqual(end);
      }
    });
  });

  it('says of each task how it ended, truly', async () => {
    await check(plans, async (plan) => {
      const { report, seen, blockedMs: total } = await play(plan);
      for (const { tasks } of report.phases) {
        for (const { name, outcome, error, blockedMs = 0 } of tasks) {
          const id = Number(name.slice('task '.length));
          const { way, blockMs } = plan.tasks[id];
          const { endedAt = Infinity, deadline } = seen[id];
          const synchronous = way === 'returns' || way === 'throws';
          const fails = way === 'throws' || way === 'rejects';
          // At the very deadline the timer that was set first wins. And while somebody blocks the event loop nobody
          // is told that time is over, so work may end later than its deadline and still before its abort.
          const allowed = [
            ...(synchronous || endedAt <= deadline + total ? [fails ? 'failed' : 'done'] : []),
            ...(synchronous || endedAt < deadline ? [] : ['timed-out']),
          ];
          expect(allowed).toContain(outcome);
          expect(outcome === 'failed' ? error : `Error: ${name}`).toBe(`Error: ${name}`);
          expect(blockedMs).toBe(blockMs >= 100 ? blockMs : 0);
        }
      }
      const late = report.phases.some(({ outcome }) => outcome === 'timed-out');
      expect(report.outcome).toBe(late ? 'forced' : 'clean');
    });
  });

  it('leaves no timer', async () => {
    await check(plans, async (plan) => {
      const { clock } = await play(plan);
      expect(clock.pendingTimers).toBe(0);
    });
  });
});
