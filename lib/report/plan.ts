import { limitText } from './text.js';

/** One task of the plan. */
export interface PlannedTask {
  /** `Class@method` of a decorated method, `Class.hook` of a hook of Nest, or a name of its own. */
  readonly name: string;
  /** Where it was registered, such as `DatabaseModule` or `DatabaseModule, src/database.ts:12`. */
  readonly site?: string;
  /** Its own limit, in milliseconds; without one it has `taskTimeoutMs` of its phase, or what that has. */
  readonly timeoutMs?: number;
  readonly critical: boolean;
  /** The tasks it waits for. What waits for nothing runs side by side. */
  readonly after: readonly string[];
}

/** One phase of the plan. */
export interface PlannedPhase {
  readonly name: string;
  /** The phases it waits for. */
  readonly after: readonly string[];
  /** The longest it may take, in milliseconds; without one what the others leave. */
  readonly timeoutMs?: number;
  /** How long those of its tasks may take that have no limit of their own, in milliseconds. */
  readonly taskTimeoutMs?: number;
  /** What no earlier phase can take from it, in milliseconds. */
  readonly reserveMs: number;
  readonly onTimeout: 'continue' | 'abort';
  readonly tasks: readonly PlannedTask[];
}

/** How the application will stop. Plain data, and two ways to draw it. */
export interface ShutdownPlan {
  readonly version: 1;
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly gracePeriodMs: number;
  /** The longest way through the phases, and how much of the grace period it needs at least, in milliseconds. */
  readonly criticalPath: { readonly phases: readonly string[]; readonly ms: number };
  readonly phases: readonly PlannedPhase[];
  /** The hooks that can't be taken over, because their object is frozen: Nest calls them, in its own order. */
  readonly leftToNest: readonly string[];
  /** A tree, for a terminal or a log. */
  toString(): string;
  /** A flowchart in the language of https://mermaid.js.org, for documentation. */
  toMermaid(): string;
}

type PlanData = Omit<ShutdownPlan, 'toString' | 'toMermaid'>;

/** Adds the drawings to the data. `JSON.stringify` gives the data only. */
export function createPlan(data: PlanData): ShutdownPlan {
  const drawings = { toString: () => drawPlan(data), toMermaid: () => drawMermaid(data) };
  return Object.assign(Object.create(drawings) as typeof drawings, data);
}

function drawPlan({ gracePeriodMs, criticalPath, phases, leftToNest }: PlanData): string {
  const head =
    `${limitText(gracePeriodMs)} of grace, at least ${limitText(criticalPath.ms)} needed ` +
    `(${criticalPath.phases.join(' > ')})`;
  const lines = phases.flatMap((phase, index) => [
    phaseLine(phase, phases[index - 1]),
    ...phase.tasks.map(
      (task, at) => `${at + 1 < phase.tasks.length ? '├' : '└'} ${taskLine(task)}`,
    ),
  ]);
  const left = leftToNest.length > 0 ? [`left to Nest: ${leftToNest.join(', ')}`] : [];
  return [head, ...lines, ...left].join('\n');
}

function phaseLine(phase: PlannedPhase, previous: PlannedPhase | undefined): string {
  const limit = phase.timeoutMs === undefined ? 'what is left' : limitOf(phase.timeoutMs);
  const reserve = phase.reserveMs > 0 ? `, ${limitText(phase.reserveMs)} reserved` : '';
  const tasks =
    phase.taskTimeoutMs === undefined ? '' : `, ${limitText(phase.taskTimeoutMs)} for each task`;
  const follows = phase.after.length === (previous ? 1 : 0) && phase.after[0] === previous?.name;
  const place = follows ? '' : `, after ${phase.after.join(' and ') || 'nothing'}`;
  const policy = phase.onTimeout === 'abort' ? ', aborts when over time' : '';
  return `${phase.name}  ${limit}${reserve}${tasks}${place}${policy}`;
}

function taskLine({ name, site, timeoutMs, critical, after }: PlannedTask): string {
  const notes = [
    after.length > 0 ? `after ${after.join(', ')}` : '',
    timeoutMs === undefined ? '' : `at most ${limitText(timeoutMs)}`,
    critical ? 'critical' : '',
    site ?? '',
  ].filter((note) => note !== '');
  return notes.length > 0 ? `${name}  (${notes.join('; ')})` : name;
}

function drawMermaid({ phases }: PlanData): string {
  const all = phases.flatMap(({ tasks }) => tasks);
  const ids = new Map(all.map((task, index) => [task, `t${index}`]));
  const arrow = (task: PlannedTask, name: string, tasks: readonly PlannedTask[]) => {
    const earlier = tasks.find((other) => other !== task && other.name === name);
    return earlier && `${ids.get(earlier)} --> ${ids.get(task)}`;
  };
  const between: string[] = []; // tasks of phases that run side by side
  const lines = ['flowchart LR'];
  for (const [index, phase] of phases.entries()) {
    lines.push(`  subgraph p${index}["${label(phase.name)}"]`);
    // An empty subgraph is not drawn, and arrows to it would be lost.
    if (phase.tasks.length === 0) lines.push(`    e${index}[" "]`);
    for (const task of phase.tasks) lines.push(`    ${ids.get(task)}["${label(task.name)}"]`);
    for (const task of phase.tasks) {
      for (const name of task.after) {
        const inside = arrow(task, name, phase.tasks);
        const across = inside ? undefined : arrow(task, name, all);
        if (inside) lines.push(`    ${inside}`);
        if (across) between.push(`  ${across}`);
      }
    }
    lines.push('  end');
  }
  lines.push(...between);
  for (const [index, { after }] of phases.entries()) {
    for (const name of after) {
      lines.push(`  p${phases.findIndex((phase) => phase.name === name)} --> p${index}`);
    }
  }
  return lines.join('\n');
}

function label(text: string): string {
  return text.replaceAll('"', '#quot;');
}

function limitOf(ms: number): string {
  return ms === 0 ? 'no wait' : `at most ${limitText(ms)}`;
}
