import type { PlanData, PlannedPhase, PlannedTask } from './plan-data.js';
import { limitText } from './text.js';

/** How the application will stop. Plain data, and two ways to draw it. */
export interface ShutdownPlan extends PlanData {
  /** A tree, for a terminal or a log. */
  toString(): string;
  /** A flowchart in the language of https://mermaid.js.org, for documentation. */
  toMermaid(): string;
}

/** Adds the drawings to the data. `JSON.stringify` gives the data only. */
export function createPlan(data: PlanData): ShutdownPlan {
  const drawings = { toString: () => drawPlan(data), toMermaid: () => drawMermaid(data) };
  return Object.assign(Object.create(drawings) as typeof drawings, data);
}

function drawPlan({ gracePeriodMs, criticalPath, phases, leftToNest, warmUp }: PlanData): string {
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
  const warm = warmUp
    ? [
        `before readiness, at most ${limitText(warmUp.timeoutMs)}: ${[...warmUp.methods, ...warmUp.requests].join(', ')}`,
      ]
    : [];
  return [head, ...warm, ...lines, ...left].join('\n');
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
