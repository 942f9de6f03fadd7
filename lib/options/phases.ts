import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { Phase } from '../engine/phase.js';
import type { PhaseOptions } from './graceful-options.js';
import {
  checkBoolean,
  checkMilliseconds,
  checkOneOf,
  checkStrings,
  rejectUnknownKeys,
} from './option-checks.js';
import type { ResolvedOptions } from './resolved-options.js';

const OPTION_OF: Readonly<Record<string, string>> = {
  announce: 'announceTimeoutMs',
  propagate: 'propagationCapMs',
  drain: 'drainTimeoutMs',
  flush: 'flushTimeoutMs',
  close: 'closeTimeoutMs',
};

const KEYS = ['name', 'after', 'before', 'timeoutMs', 'onTimeout', 'enabled'];

/** After the drain's deadline, so that the last 503 and FIN leave the process, in milliseconds. */
function drainSettleMs(options: ResolvedOptions): number {
  return Math.round(Math.min(options.gracePeriodMs / 20, 250));
}

/** The option `phases` with every default filled in, each entry checked by itself. */
export function resolvePhases(
  phases: readonly PhaseOptions[],
  gracePeriodMs: number,
): Required<PhaseOptions>[] {
  if (!Array.isArray(phases)) {
    throw new InvalidOptionError(
      'phases',
      'an array',
      phases,
      "Pass [{ name: 'audit', after: ['drain'] }] or the like.",
    );
  }
  return (phases as readonly PhaseOptions[]).map((given, index) => {
    const place = `phases[${index}]`;
    if (typeof given !== 'object' || given === null) {
      throw new InvalidOptionError(
        place,
        'an object',
        given,
        "Pass { name: 'audit', after: ['drain'] }.",
      );
    }
    rejectUnknownKeys(given, KEYS, `${place}.`);
    const resolved = {
      name: given.name,
      after: given.after ?? [],
      before: given.before ?? [],
      timeoutMs: given.timeoutMs ?? Math.max(1, Math.round(Math.min(gracePeriodMs / 15, 5_000))),
      onTimeout: given.onTimeout ?? 'continue',
      enabled: given.enabled ?? true,
    };
    checkPhase(place, resolved);
    return resolved;
  });
}

function checkPhase(place: string, phase: Required<PhaseOptions>): void {
  checkStrings(place, [phase.name]);
  for (const key of ['after', 'before'] as const) {
    if (!Array.isArray(phase[key])) {
      throw new InvalidOptionError(
        `${place}.${key}`,
        'an array of strings',
        phase[key],
        'Put it into [ ].',
      );
    }
    checkStrings(`${place}.${key}`, phase[key]);
  }
  if (phase.after.length + phase.before.length === 0) {
    throw new InvalidOptionError(
      place,
      'a place among the other phases',
      phase.name,
      "Say `after: ['drain']` or `before: ['flush']` or the like.",
    );
  }
  checkMilliseconds(`${place}.timeoutMs`, phase.timeoutMs, 1);
  checkOneOf(`${place}.onTimeout`, phase.onTimeout, ['continue', 'abort']);
  if (typeof phase.enabled !== 'function') checkBoolean(`${place}.enabled`, phase.enabled);
}

/** The built-in phases with the times these options give them, and the user's own. */
export function phasesOf(options: ResolvedOptions): Phase[] {
  return [
    ...builtInPhases(options),
    ...options.phases.map((phase) => userPhase(phase, options.phases)),
  ];
}

/** One after the other. */
export function builtInPhases(options: ResolvedOptions): Phase[] {
  const { drainTimeoutMs } = options;
  const common = { settleMs: 0, onTimeout: 'continue' } as const;
  return [
    { ...common, name: 'announce', timeoutMs: options.announceTimeoutMs, reserveMs: 0 },
    { ...common, name: 'propagate', timeoutMs: options.propagationCapMs, reserveMs: 0 },
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
      timeoutMs: options.flushTimeoutMs,
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
