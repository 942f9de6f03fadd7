import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Phase } from '../../../lib/engine/phase.js';
import type { ShutdownRecord, TaskReport } from '../../../lib/engine/record.js';
import { Shutdown } from '../../../lib/engine/shutdown.js';
import type { ShutdownTask, TaskContext } from '../../../lib/engine/task.js';
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
  readonly phases: readonly Phase[];
  /** For each phase those it comes after, by their index, near and far. */
  readonly before: ReadonlyArray<ReadonlySet<number>>;
  readonly tasks: readonly Behaviour[];
  /** For each task those it comes after. */
  readonly after: ReadonlyArray<readonly number[]>;
  readonly totalMs: number;
  /** What part of its reserve and its time to settle each phase has. */
  readonly scale: number;
  /** How late the run begins, after its reason came. */
  readonly lateMs: number;
}

/** Halves of halves of a moment since the epoch are not exact; a microsecond is none. */
const EXACT = 0.001;

/** With less a phase has no time that could be divided among a chain of tasks. */
const DIVISIBLE_MS = 50;

const MAX_PHASES = 6;
const MAX_TASKS = 14;
const STEP_MS = 250;

const time = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 1, max }));
const rarely = (max: number) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: time(max) });
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const pairs = (max: number, maxLength: number) =>
  fc.array(fc.tuple(fc.nat({ max: max - 1 }), fc.nat({ max: max - 1 })), { maxLength });

interface Settings {
  /** Tasks block the event loop, and the run may begin late. */
  readonly blocking?: boolean;
  /** The time is shorter than what is reserved. */
  readonly short?: boolean;
  /** Tasks also wait for those they must not: across phases, in circles. */
  readonly circles?: boolean;
}

function plans({ blocking = false, short = false, circles = false }: Settings = {}) {
  return fc
    .record({
      phases: fc.array(
        fc.record({
          timeoutMs: fc.oneof(fc.constant(Infinity), time(3_000)),
          reserveMs: time(1_000),
          settleMs: time(300),
          onTimeout: fc.constantFrom('continue' as const, 'continue' as const, 'abort' as const),
          enabled: fc.constantFrom(true, true, true, false),
        }),
        { minLength: 1, maxLength: MAX_PHASES },
      ),
      phaseOrder: pairs(MAX_PHASES, 6),
      tasks: fc.array(
        fc.record({
          phase: fc.nat({ max: MAX_PHASES - 1 }),
          timeoutMs: sometimes(fc.integer({ min: 1, max: 3_000 })),
          blockMs: blocking ? rarely(1_500) : fc.constant(0),
          way: fc.constantFrom<Behaviour['way']>(
            'returns',
            'throws',
            'hangs',
            'resolves',
            'rejects',
          ),
          afterMs: time(4_000),
          stopsAfterMs: sometimes(time(400)),
        }),
        { maxLength: MAX_TASKS },
      ),
      taskOrder: pairs(MAX_TASKS, 20),
      spareMs: time(5_000),
      part: short ? fc.double({ min: 0, max: 1, noNaN: true }) : fc.constant(1),
      lateMs: blocking ? rarely(3_000) : fc.constant(0),
    })
    .map(({ phases: shapes, phaseOrder, tasks: given, taskOrder, spareMs, part, lateMs }): Plan => {
      const direct = shapes.map((): number[] => []);
      for (const [a, b] of phaseOrder.map((pair) => pair.map((n) => n % shapes.length))) {
        if (a !== b) direct[Math.max(a, b)].push(Math.min(a, b));
      }
      const before = direct.reduce<Array<Set<number>>>((sets, earlier) => {
        return [...sets, new Set(earlier.flatMap((one) => [one, ...sets[one]]))];
      }, []);
      const phases = shapes.map(({ enabled, ...shape }, index) => {
        const after = [...new Set(direct[index])].map((earlier) => `phase ${earlier}`);
        return phase(`phase ${index}`, { ...shape, after, enabled: () => enabled });
      });
      const tasks = given.map((task) => ({ ...task, phase: task.phase % shapes.length }));
      const relations = taskOrder
        .filter(([a, b]) => Math.max(a, b) < tasks.length)
        .map(([a, b]) => [a, b] as const);
      const reserved = Math.max(...phases.map((_, index) => reservedFrom(index, phases, before)));
      const scale = reserved > 0 ? part : 1;
      return {
        phases,
        before,
        tasks,
        after: circles ? anyOrder(tasks, relations) : possibleOrder(tasks, relations, before),
        totalMs: short ? reserved * part : reserved + spareMs,
        scale,
        lateMs,
      };
    });
}

/** What a phase and the longest way behind it need. */
function reservedFrom(index: number, phases: readonly Phase[], before: Plan['before']): number {
  const { reserveMs, settleMs } = phases[index];
  const later = phases.flatMap((_, other) => (before[other].has(index) ? [other] : []));
  const rest = later.map((other) => reservedFrom(other, phases, before));
  return reserveMs + settleMs + Math.max(0, ...rest);
}

/**
 * Takes what relations can be had, each unless it closes a circle: among the tasks, or through the end of a phase that
 * waits for one of its tasks, and the beginning of another that waits for it.
 */
function possibleOrder(
  tasks: readonly Behaviour[],
  relations: ReadonlyArray<readonly [number, number]>,
  before: Plan['before'],
): number[][] {
  const next = new Map<string, string[]>();
  const put = (first: string, second: string) => {
    next.set(first, [...(next.get(first) ?? []), second]);
  };
  const reaches = (from: string, to: string): boolean =>
    from === to || (next.get(from) ?? []).some((one) => reaches(one, to));
  for (const [index, earlier] of before.entries()) {
    put(`begin ${index}`, `end ${index}`);
    for (const other of earlier) put(`end ${other}`, `begin ${index}`);
  }
  for (const [index, task] of tasks.entries()) {
    put(`begin ${task.phase}`, `task ${index}`);
    put(`task ${index}`, `end ${task.phase}`);
  }
  const after = tasks.map((): number[] => []);
  for (const [first, second] of relations) {
    if (reaches(`task ${second}`, `task ${first}`)) continue;
    put(`task ${first}`, `task ${second}`);
    after[second].push(first);
  }
  return after;
}

/** No circle inside a phase, and any between phases. */
function anyOrder(
  tasks: readonly Behaviour[],
  relations: ReadonlyArray<readonly [number, number]>,
): number[][] {
  const after = tasks.map((): number[] => []);
  for (const [first, second] of relations) {
    if (tasks[first].phase !== tasks[second].phase || first < second) after[second].push(first);
  }
  return after;
}

/** What a task was seen to do. */
interface Seen {
  runs: number;
  startedAt: number;
  deadline: number;
  endedAt: number;
}

async function play(plan: Plan, lookAfterMs?: number) {
  const clock = new VirtualClock();
  const deadlines = new Map<string, number>();
  const shutdown = new Shutdown({
    phases: plan.phases,
    clock,
    totalMs: 1_000_000,
    observer: { phaseStarted: (name, deadline) => void deadlines.set(name, deadline) },
  });
  let sleeping = 0;
  const sleep = (ms: number) => {
    sleeping += 1;
    return new Promise<void>((resolve) => {
      clock.setTimeout(() => ((sleeping -= 1), resolve()), ms);
    });
  };
  const seen = plan.tasks.map((): Seen => ({
    runs: 0,
    startedAt: NaN,
    deadline: NaN,
    endedAt: Infinity,
  }));
  let blockedMs = plan.lateMs;

  const tasks = plan.tasks.map((task, index): ShutdownTask => {
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
    return { name: `task ${index}`, phase: `phase ${task.phase}`, timeoutMs: task.timeoutMs, run };
  });
  // From the last to the first: an order may name what is added later.
  for (const [index, task] of [...tasks.entries()].toReversed()) {
    shutdown.add(
      task,
      plan.after[index].map((earlier) => tasks[earlier]),
    );
  }

  const startedAt = clock.now() - plan.lateMs;
  const running = shutdown.run(SIGTERM, startedAt, plan.totalMs);
  let snapshot: ShutdownRecord | undefined;
  if (lookAfterMs !== undefined) {
    await clock.advance(lookAfterMs);
    snapshot = shutdown.snapshot();
  }
  const record = await clock.until(running);
  const finishedAt = clock.now();
  const leftTimers = clock.pendingTimers - sleeping; // those of tasks that still sleep are not the engine's
  await clock.advance(20_000);
  return { record, seen, deadlines, startedAt, finishedAt, blockedMs, leftTimers, snapshot };
}

type Played = Awaited<ReturnType<typeof play>>;

/** Everything that was reported of one task, and of its phase. */
function reportOf(index: number, plan: Plan, { record }: Played) {
  const phaseReport = record.phases.find(({ name }) => name === `phase ${plan.tasks[index].phase}`);
  const task = phaseReport?.tasks.find(({ name }) => name === `task ${index}`);
  return { phaseReport, task };
}

const endOf = ({ startMs, durationMs }: { startMs: number; durationMs: number }) =>
  startMs + durationMs;

/** When a task was settled, by the report; one whose phase is skipped as that phase is. */
function settledMs(index: number, plan: Plan, played: Played): number {
  const { phaseReport, task } = reportOf(index, plan, played);
  return task ? endOf(task) : (phaseReport?.startMs ?? NaN);
}

/** The tasks of phases that are not skipped, with what was seen and what was reported. */
function ran(plan: Plan, played: Played) {
  return plan.tasks.flatMap((task, index) => {
    const { phaseReport, task: report } = reportOf(index, plan, played);
    if (!report || !phaseReport) return [];
    const deadline = played.deadlines.get(phaseReport.name) ?? NaN;
    return [{ index, task, report, phaseReport, deadline, seen: played.seen[index] }];
  });
}

/** The tasks that one comes after and which its phase does not wait for anyway. */
function elsewhere(index: number, { tasks, after, before }: Plan): number[] {
  const own = tasks[index].phase;
  return after[index].filter(
    (other) => tasks[other].phase !== own && !before[own].has(tasks[other].phase),
  );
}

/** How many tasks of the same phase come one after the other before this one; undefined when others play a part. */
function depthOf(index: number, plan: Plan): number | undefined {
  if (elsewhere(index, plan).length > 0) return undefined;
  const own = plan.tasks[index].phase;
  const before = plan.after[index].filter((other) => plan.tasks[other].phase === own);
  let depth = 0;
  for (const other of before) {
    const one = depthOf(other, plan);
    if (one === undefined) return undefined;
    depth = Math.max(depth, one + 1);
  }
  return depth;
}

/** Claims by name, and those of them that do not hold. */
function broken(claims: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(claims).flatMap(([claim, holds]) => (holds ? [] : [claim]));
}

type Ran = ReturnType<typeof ran>[number];

function liesOfSkipped({ index, report, deadline }: Ran, plan: Plan, played: Played): string[] {
  const others = elsewhere(index, plan).map((one) => ({
    name: `task ${one}`,
    lateMs: settledMs(one, plan, played) - report.startMs,
  }));
  const named = report.error?.replace('waited for ', '').split(', ') ?? [];
  const deadlineMs = deadline - played.startedAt + played.blockedMs;
  // One of its own phase that it waits for as well may take what the phase has to settle.
  const { phase } = plan.tasks[index];
  const waitsHere = plan.after[index].some((other) => plan.tasks[other].phase === phase);
  const settleMs = waitsHere ? plan.phases[phase].settleMs : 0;
  return broken({
    'names all that it still waited for': others
      .filter(({ lateMs }) => lateMs > EXACT)
      .every(({ name }) => named.includes(name)),
    'names only those': named.every((name) =>
      others.some((other) => other.name === name && other.lateMs >= -EXACT),
    ),
    'names each once': new Set(named).size === named.length,
    'was given up when the phase was over': report.startMs <= deadlineMs + settleMs + EXACT,
    'took no time': report.durationMs === 0 && report.blockedMs === undefined,
  });
}

function liesOfRun({ index, task, report, seen }: Ran, plan: Plan, played: Played): string[] {
  const { outcome, durationMs, error, blockedMs } = report;
  // While somebody blocks the event loop nobody is told that time is over, or that a promise is settled.
  const slackMs = played.blockedMs + EXACT;
  const synchronous = task.way === 'returns' || task.way === 'throws';
  const ending = task.way === 'throws' || task.way === 'rejects' ? 'failed' : 'done';
  // At the very deadline the timer that was set first wins.
  const inTime = synchronous || seen.endedAt <= seen.deadline + slackMs;
  const late = !synchronous && seen.endedAt >= seen.deadline - EXACT;
  const settleMs = plan.phases[task.phase].settleMs * plan.scale;
  const limitMs = Math.max(0, seen.deadline - seen.startedAt);
  const tookMs = seen.endedAt - seen.startedAt;
  const [leastMs, mostMs] =
    outcome === 'timed-out' ? [limitMs - EXACT, limitMs + settleMs] : [tookMs, tookMs];
  return broken({
    outcome: (inTime && outcome === ending) || (late && outcome === 'timed-out'),
    error: outcome !== 'failed' || error === `Error: task ${index}`,
    blockedMs: blockedMs === (task.blockMs >= 100 ? task.blockMs : undefined),
    durationMs: durationMs >= leastMs && durationMs <= mostMs + slackMs,
  });
}

/** Whether what is seen of a task in the middle of a run fits to what is reported in the end. */
function fits(seen: TaskReport, final: TaskReport, now: number): boolean {
  if (endOf(final) < now) return JSON.stringify(seen) === JSON.stringify(final);
  if (endOf(final) === now) return true; // over in this very millisecond: before or after the look
  // What begins in this very millisecond may have been seen before.
  if (seen.outcome === 'skipped') return final.startMs >= now;
  return seen.outcome === 'timed-out' && seen.startMs === final.startMs && endOf(seen) === now;
}

/** All kinds of plans that can be. */
const KINDS: ReadonlyArray<readonly [string, Settings]> = [
  ['', {}],
  [' that has less time than is reserved', { short: true }],
  [' whose tasks block the event loop', { blocking: true }],
];

describe.each(KINDS)('any shutdown%s', (_, settings) => {
  it('reports each task of a phase that is not skipped once, and runs it once or says that it did not', async () => {
    await check(plans(settings), async (plan) => {
      const { record, seen } = await play(plan);
      expect(record.phases.map(({ name }) => name).sort()).toEqual(
        plan.phases.map(({ name }) => name).sort(),
      );
      for (const { name, outcome, tasks } of record.phases) {
        const own = plan.tasks.flatMap((task, id) => (`phase ${task.phase}` === name ? [id] : []));
        const expected = outcome === 'skipped' ? [] : own.map((id) => `task ${id}`).toReversed();
        expect(tasks.map((task) => task.name)).toEqual(expected);
        for (const id of own) {
          const report = tasks.find((task) => task.name === `task ${id}`);
          const runs = report && report.outcome !== 'skipped' ? 1 : 0;
          expect(seen[id].runs).toBe(runs);
        }
      }
    });
  });

  it('starts no task before those it comes after are settled', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      for (const { index, seen, report } of ran(plan, played)) {
        if (seen.runs === 0) continue;
        expect(report.startMs).toBe(seen.startedAt - played.startedAt);
        for (const earlier of plan.after[index]) {
          const before = played.seen[earlier];
          expect(report.startMs).toBeGreaterThanOrEqual(settledMs(earlier, plan, played));
          if (before.runs === 0) continue;
          // By what the task itself saw: it has ended, or its time is over.
          const settled = Math.min(before.endedAt, before.deadline);
          expect(seen.startedAt).toBeGreaterThanOrEqual(settled);
        }
      }
    });
  });

  it('starts no phase before those it comes after are over, and no task outside of its phase', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      const reports = new Map(played.record.phases.map((report) => [report.name, report]));
      for (const [index, { name }] of plan.phases.entries()) {
        const report = reports.get(name);
        if (!report) continue;
        for (const earlier of plan.before[index]) {
          const end = endOf(reports.get(`phase ${earlier}`) ?? report);
          expect(report.startMs).toBeGreaterThanOrEqual(end);
        }
        for (const task of report.tasks) {
          expect(task.startMs).toBeGreaterThanOrEqual(report.startMs);
          expect(endOf(task)).toBeLessThanOrEqual(endOf(report));
        }
      }
    });
  });

  it('is over in time, but for what tasks blocked the event loop', async () => {
    await check(plans(settings), async (plan) => {
      const { record, startedAt, finishedAt, blockedMs } = await play(plan);
      expect(record.startedAt).toBe(startedAt);
      expect(record.durationMs).toBe(finishedAt - startedAt);
      expect(record.durationMs).toBeLessThanOrEqual(plan.totalMs + blockedMs + EXACT);
    });
  });

  it('keeps the reserve of every phase, whatever the others do', async () => {
    await check(plans(settings), async (plan) => {
      const { record, deadlines, startedAt, blockedMs } = await play(plan);
      for (const [index, { name, reserveMs, timeoutMs, settleMs }] of plan.phases.entries()) {
        const deadline = deadlines.get(name);
        const report = record.phases.find((one) => one.name === name);
        if (deadline === undefined || !report) continue;
        const hasMs = deadline - startedAt - report.startMs;
        const promised = Math.min(reserveMs * plan.scale, timeoutMs);
        expect(hasMs).toBeGreaterThanOrEqual(promised - blockedMs - EXACT);
        expect(hasMs).toBeLessThanOrEqual(timeoutMs);
        // And it never promises what belongs to a later phase.
        const own = reserveMs + settleMs;
        const later = reservedFrom(index, plan.phases, plan.before) - own + settleMs;
        const end = startedAt + plan.totalMs - later * plan.scale;
        expect(deadline).toBeLessThanOrEqual(end + EXACT);
      }
    });
  });

  it('says of each task how it ended, truly', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      const lies = ran(plan, played).flatMap((one) =>
        one.report.outcome === 'skipped'
          ? liesOfSkipped(one, plan, played)
          : liesOfRun(one, plan, played),
      );
      expect(lies).toEqual([]);
      const { outcome, phases } = played.record;
      const late = phases.map(({ tasks }) =>
        tasks.some((one) => one.outcome === 'timed-out' || one.outcome === 'skipped'),
      );
      const timedOut = phases.map((one) => one.outcome === 'timed-out');
      expect(timedOut).toEqual(late);
      expect(outcome).toBe(late.includes(true) ? 'forced' : 'clean');
    });
  });

  it('skips a phase only for a reason', async () => {
    await check(plans(settings), async (plan) => {
      const { record } = await play(plan);
      const of = (index: number) => record.phases.find(({ name }) => name === `phase ${index}`);
      for (const [index, { enabled }] of plan.phases.entries()) {
        const report = of(index);
        if (!report) continue;
        const aborting = plan.phases.flatMap((other, id) => {
          const its = of(id);
          return other.onTimeout === 'abort' && its?.outcome === 'timed-out' ? [{ id, its }] : [];
        });
        const mayBe = aborting.some(({ its }) => endOf(its) <= report.startMs);
        const mustBe = aborting.some(
          ({ id, its }) => endOf(its) < report.startMs || plan.before[index].has(id),
        );
        const idle = plan.tasks.every((task) => task.phase !== index) || !enabled?.(SIGTERM);
        const skipped = report.outcome === 'skipped';
        expect(skipped ? idle || mayBe : !idle && !mustBe).toBe(true);
      }
    });
  });

  it('leaves no timer', async () => {
    await check(plans(settings), async (plan) => {
      expect((await play(plan)).leftTimers).toBe(0);
    });
  });

  it('can be looked at at any time: what is over is as it will be, the rest is pending', async () => {
    const moments = fc.record({ plan: plans(settings), lookAfterMs: time(4_000) });
    await check(moments, async ({ plan, lookAfterMs }) => {
      const { record, snapshot } = await play(plan, lookAfterMs);
      if (!snapshot) throw new Error('a running shutdown has a snapshot');
      const now = snapshot.durationMs;
      const begun = new Set(snapshot.phases.map(({ name }) => name));
      for (const { name, startMs } of record.phases) {
        expect(begun.has(name) ? startMs <= now : startMs >= now).toBe(true);
      }
      for (const seen of snapshot.phases) {
        const final = record.phases.find(({ name }) => name === seen.name);
        if (seen.outcome === 'skipped') continue;
        expect(seen.tasks.map(({ name }) => name)).toEqual(final?.tasks.map(({ name }) => name));
        const wrong = seen.tasks.filter((task, index) => {
          const later = final?.tasks[index];
          return !later || !fits(task, later, now);
        });
        expect(wrong).toEqual([]);
      }
    });
  });
});

describe.each(KINDS.slice(0, 2))('any shutdown%s whose event loop turns', (_, settings) => {
  it('starts each phase and each task the moment that nothing is in its way', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      const ends = new Map(played.record.phases.map((one) => [one.name, endOf(one)]));
      for (const { name, startMs } of played.record.phases) {
        const before = [...plan.before[Number(name.slice('phase '.length))]];
        const last = Math.max(0, ...before.map((one) => ends.get(`phase ${one}`) ?? NaN));
        expect(startMs).toBe(last);
      }
      for (const { index, report, phaseReport } of ran(plan, played)) {
        if (report.outcome === 'skipped') continue;
        const before = plan.after[index].map((one) => settledMs(one, plan, played));
        expect(report.startMs).toBe(Math.max(phaseReport.startMs, ...before));
      }
    });
  });

  it('starts no task when the time of its phase is over', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      for (const { index, seen, phaseReport, deadline } of ran(plan, played)) {
        const phaseMs = deadline - played.startedAt - phaseReport.startMs;
        if (seen.runs === 0 || phaseMs < DIVISIBLE_MS) continue;
        const justInTime = elsewhere(index, plan).some(
          (other) => played.startedAt + settledMs(other, plan, played) === seen.startedAt,
        );
        expect(seen.startedAt).toBeLessThan(justInTime ? deadline + EXACT : deadline);
      }
    });
  });

  it('leaves a task time, whatever those do that it comes after', async () => {
    await check(plans(settings), async (plan) => {
      const played = await play(plan);
      for (const { index, task, seen, phaseReport, deadline } of ran(plan, played)) {
        const depth = depthOf(index, plan);
        const phaseMs = deadline - played.startedAt - phaseReport.startMs;
        if (depth === undefined || phaseMs < DIVISIBLE_MS) continue;
        const leastMs = depth === 0 ? phaseMs : Math.min(STEP_MS, phaseMs / 2 ** depth);
        expect(deadline - seen.startedAt).toBeGreaterThanOrEqual(leastMs - EXACT);
        const leftMs = deadline - seen.startedAt;
        const isLast = plan.after.every((before) => !before.includes(index));
        // At most half is kept for those behind it, and half of the rest to wrap up.
        const ownMs = Math.min(isLast ? leftMs : leftMs / 4, task.timeoutMs ?? Infinity);
        const hasMs = seen.deadline - seen.startedAt;
        expect(hasMs).toBeGreaterThanOrEqual(ownMs - EXACT);
        expect(hasMs).toBeLessThanOrEqual(Math.min(leftMs, task.timeoutMs ?? Infinity) + EXACT);
      }
    });
  });
});

describe.each([{}, { short: true }])(
  'any shutdown whose tasks wait in circles through other phases, %j',
  (settings) => {
    it('is over in time, and reports everything', async () => {
      await check(plans({ ...settings, circles: true }), async (plan) => {
        const { record, seen, leftTimers } = await play(plan);
        expect(record.durationMs).toBeLessThanOrEqual(plan.totalMs + EXACT);
        expect(leftTimers).toBe(0);
        const tasks = record.phases.flatMap((one) => one.tasks);
        const skipped = record.phases.filter(({ outcome }) => outcome === 'skipped');
        const expected = plan.tasks.filter(
          (task) => !skipped.some(({ name }) => name === `phase ${task.phase}`),
        );
        expect(tasks).toHaveLength(expected.length);
        for (const { name, outcome } of tasks) {
          expect(seen[Number(name.slice('task '.length))].runs).toBe(outcome === 'skipped' ? 0 : 1);
        }
      });
    });
  },
);
