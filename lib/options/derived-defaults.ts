import type { OptionContext } from './option-row.js';
import { PLATFORM_PRESETS } from './platform.js';
import type { Propagation } from './propagation.js';

/** A part of the grace period, within bounds, in milliseconds. */
export function partOfGrace(part: number, mostMs: number, leastMs = 0) {
  return ({ gracePeriodMs }: OptionContext) =>
    Math.max(leastMs, Math.round(Math.min(gracePeriodMs / part, mostMs)));
}

/** How the platform has load balancers waited for. */
export function propagationOf({ platform, gracePeriodMs }: OptionContext): Propagation {
  return PLATFORM_PRESETS[platform].propagation(gracePeriodMs);
}

/** A cap that is set shrinks the other waits with it. */
export function upToCap(wait: 'floorMs' | 'quietMs') {
  return (context: OptionContext) =>
    Math.min(Math.round(propagationOf(context)[wait]), context.propagationCapMs);
}
