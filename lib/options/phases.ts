import type { Phase } from '../engine/phase.js';
import type { PhaseOptions } from './phase-options.js';
import type { ResolvedOptions } from './resolved-options.js';

/** The option that sets the time of a built-in phase. */
export const OPTION_OF: Readonly<Record<string, string>> = {
  announce: 'announceTimeoutMs',
  propagate: 'propagationCapMs',
  drain: 'drainTimeoutMs',
  flush: 'flushTimeoutMs',
  close: 'closeTimeoutMs',
};

/**
 * The wait for the load balancers ends at its cap by itself, which is no failure. The phase's own limit comes after it,
 * so that the two timers do not race.
 */
const CAP_SLACK_MS = 20;

/** After the drain's deadline, so that the last 503 and FIN leave the process, in milliseconds. */
function drainSettleMs(options: ResolvedOptions): number {
  return Math.round(Math.min(options.gracePeriodMs / 20, 250));
}

/** The built-in phases with the times these options give them, and the user's own. */
export function phasesOf(options: ResolvedOptions, waits?: Phase['enabled']): Phase[] {
  return [
    ...builtInPhases(options, waits),
    ...options.phases.map((phase) => userPhase(phase, options.phases)),
  ];
}

/** One after the other. */
function builtInPhases(options: ResolvedOptions, waits: Phase['enabled']): Phase[] {
  const { drainTimeoutMs, propagationCapMs } = options;
  const common = { settleMs: 0, onTimeout: 'continue' } as const;
  return [
    { ...common, name: 'announce', timeoutMs: options.announceTimeoutMs, reserveMs: 0 },
    {
      ...common,
      name: 'propagate',
      timeoutMs: propagationCapMs,
      slackMs: CAP_SLACK_MS,
      reserveMs: 0,
      enabled: (reason) => propagationCapMs > 0 && (waits?.(reason) ?? true),
    },
    {
      ...common,
      name: 'drain',
      timeoutMs: drainTimeoutMs,
      reserveMs: Number.isFinite(drainTimeoutMs) ? drainTimeoutMs : 0,
      settleMs: drainSettleMs(options),
    },
    {
      ...common,
      name: 'flush',
      timeoutMs: Infinity,
      taskTimeoutMs: options.flushTimeoutMs,
      reserveMs: options.flushTimeoutMs,
    },
    { ...common, name: 'close', timeoutMs: Infinity, reserveMs: options.closeTimeoutMs },
  ];
}

function userPhase(
  { name, after, before, timeoutMs, onTimeout, enabled }: Required<PhaseOptions>,
  all: readonly Required<PhaseOptions>[],
): Phase {
  return {
    name,
    after,
    before: comesAfterClose(name, all) ? before : [...new Set([...before, 'close'])],
    // One that is left out for good needs no time; it stays, because others may come after it.
    timeoutMs: enabled === false ? 0 : timeoutMs,
    reserveMs: enabled === false ? 0 : timeoutMs,
    settleMs: 0,
    onTimeout,
    enabled: typeof enabled === 'function' ? enabled : () => enabled,
  };
}

/** Connections stay open for every phase that does not ask for their end. */
function comesAfterClose(name: string, all: readonly Required<PhaseOptions>[]): boolean {
  const after = new Set(['close']);
  for (const earlier of after) {
    for (const phase of all) {
      const follows = phase.after.includes(earlier);
      const isPutAfter = all.find((other) => other.name === earlier)?.before.includes(phase.name);
      if (follows || isPutAfter) after.add(phase.name); // a Set grows under its iteration
    }
  }
  return after.has(name);
}

/** What a phase may take in the worst case that was planned for, in milliseconds; `Infinity` is no plan. */
export function weightOf({ timeoutMs, reserveMs, settleMs }: Phase): number {
  return (Number.isFinite(timeoutMs) ? timeoutMs : reserveMs) + settleMs;
}

/**
 * What the grace period must hold at least: each phase of a way through them, and the margin. By the names of the
 * options, in the order of the phases.
 */
export function requirementsOf(
  options: ResolvedOptions,
  path: readonly Phase[],
): Array<readonly [name: string, ms: number]> {
  const parts = path.flatMap((phase): Array<readonly [string, number]> => {
    const ms = weightOf(phase) - phase.settleMs;
    const part = [OPTION_OF[phase.name] ?? `the phase '${phase.name}'`, ms] as const;
    return phase.settleMs > 0 ? [part, ['the last answers', phase.settleMs]] : [part];
  });
  return [...parts, ['exitMarginMs', options.exitMarginMs]];
}
