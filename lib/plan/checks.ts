import { checkOrdering, checkTarget, resolveTarget } from '../decorators/ordering.js';
import { phaseMarkOf, phaseMarksAreUsed } from '../decorators/shutdown-phase.decorator.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { UnknownOrderTargetError } from '../errors/unknown-order-target.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import type { PhaseGraph } from '../engine/phase-graph.js';
import type { ShutdownTask } from '../engine/task.js';
import type { Line } from '../log/line.js';
import { orderWithoutEffect, phaseWithoutHook, timeoutOverPhase } from '../log/order-lines.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import { textOf } from '../nest/provider-node.js';
import { OPTION_OF } from '../options/phases.js';
import { PLATFORM_PRESETS } from '../options/platform.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { HookOrdering, HookOwner } from './hook-owners.js';

/** An entry of the option `order`. */
export interface OrderEntry {
  readonly token: unknown;
  readonly ordering: HookOrdering;
}

const ENTRY_KEYS = ['provider', 'phase', 'timeoutMs', 'critical', 'after', 'before'];

type Say = (line: Line) => void;

/** The option `order`, each entry checked by itself. */
export function orderEntries({ order }: Pick<ResolvedOptions, 'order'>): OrderEntry[] {
  return order.map((entry, index) => {
    const place = `order[${index}]`;
    checkOrdering(place, entry, ENTRY_KEYS);
    checkTarget(`${place}.provider`, entry.provider);
    if (entry.phase !== undefined && typeof entry.phase !== 'string') {
      throw new InvalidOptionError(
        `${place}.phase`,
        'the name of a phase',
        entry.phase,
        'Pass one.',
      );
    }
    return { token: resolveTarget(entry.provider), ordering: { ...entry, place } };
  });
}

/** Says which entry is meant for an object. */
export function orderingsIn(
  entries: readonly OrderEntry[],
  graph: ProviderGraph,
): (object: object) => HookOrdering | undefined {
  if (entries.length === 0) return () => undefined;
  return (object) => {
    const names = graph.nodeOf(object)?.names;
    const [found, second] = entries.filter(({ token }) => names?.has(token));
    if (!second) return found?.ordering;
    throw new InvalidOptionError(
      `${second.ordering.place}.provider`,
      `another provider than that of ${found.ordering.place}`,
      textOf(second.token),
      'Make one entry of the two.',
    );
  };
}

/** An entry for nothing is a mistake, or the rest of one that was changed. */
export function checkEntries(
  entries: readonly OrderEntry[],
  graph: ProviderGraph,
  owners: readonly HookOwner[],
  phases: PhaseGraph,
  say: Say,
): void {
  for (const { token, ordering } of entries) {
    const { place, phase } = ordering;
    if (!graph.knows(token)) {
      const known = owners.flatMap((owner) => owner.tasks.map(({ task }) => task.name));
      throw new UnknownOrderTargetError(token, `${place}.provider`, known);
    }
    if (phase !== undefined && !phases.has(phase)) {
      throw new UnknownPhaseError(phase, place, phases.names);
    }
    if (owners.some(({ node }) => node.names.has(token))) continue;
    say(orderWithoutEffect({ place, target: textOf(token) }));
  }
}

/** `@ShutdownPhase()` of a class without hooks is most often a hook with a typing mistake. */
export function warnOfIdleMarks(
  graph: ProviderGraph,
  owners: readonly HookOwner[],
  say: Say,
): void {
  if (!phaseMarksAreUsed()) return;
  const busy = new Set(owners.map(({ object }) => object));
  for (const object of graph.objects()) {
    const mark = busy.has(object) ? undefined : phaseMarkOf(object);
    if (!mark) continue;
    say(phaseWithoutHook({ name: graph.nodeOf(object)?.name, site: mark.site }));
  }
}

/**
 * A limit that can never be reached is a promise that nobody keeps. Where the grace period is only assumed, as on a
 * laptop, it may well be reached elsewhere: there it is a warning.
 *
 * @throws InvalidOptionError
 */
export function checkLimit(
  { name, phase, timeoutMs, site }: ShutdownTask,
  phases: PhaseGraph,
  options: ResolvedOptions,
  say: Say,
): void {
  const found = phases.phases.find((one) => one.name === phase);
  // A phase without any time is left out.
  if (!found || timeoutMs === undefined || found.timeoutMs === 0) return;
  const { gracePeriodMs, exitMarginMs, platform } = options;
  const behindMs = phases.reservedAfter(phase) + found.settleMs;
  const leftMs = Math.round(gracePeriodMs - exitMarginMs - behindMs);
  const mostMs = Math.min(found.timeoutMs, leftMs);
  if (timeoutMs <= mostMs) return;
  const cause =
    found.timeoutMs < leftMs
      ? `The phase '${phase}' is over then. Lower it, or raise ${nameOfLimit(phase)}.`
      : `Of \`gracePeriodMs\` (${gracePeriodMs}), ${behindMs} ms are reserved behind it and ${exitMarginMs} ms are ` +
        `\`exitMarginMs\`. Lower it, or raise \`gracePeriodMs\` together with the platform's own grace period.`;
  const error = new InvalidOptionError(
    `timeoutMs of ${name}${site === undefined ? '' : ` (${site})`}`,
    `at most ${mostMs}, which is all that the phase '${phase}' can have`,
    timeoutMs,
    cause,
  );
  if (platform !== 'none' || gracePeriodMs !== PLATFORM_PRESETS.none.gracePeriodMs) throw error;
  say(timeoutOverPhase({ problem: error.message, gracePeriodMs }));
}

function nameOfLimit(phase: string): string {
  const option = OPTION_OF[phase];
  return option ? `\`${option}\`` : `the \`timeoutMs\` of that phase`;
}
