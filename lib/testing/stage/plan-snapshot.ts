import type { INestApplicationContext } from '@nestjs/common';
import type { Backstage } from '../../lifecycle/backstage.js';
import type { PlanData } from '../../report/plan-data.js';
import { BACKSTAGE } from '../../tokens.js';

/**
 * The plan of an application as a text for a snapshot test. It changes when a deploy would stop in another order, with other
 * times or for other signals, and for nothing else: neither when a file is moved, nor with the order of providers in a
 * module.
 *
 * @param of the application once its bootstrap is over, or `Graceful.plan()`
 * @publicApi
 */
export function planSnapshot(of: INestApplicationContext | PlanData): string {
  const plan = 'phases' in of ? of : of.get<Backstage>(BACKSTAGE, { strict: false }).plan();
  const { gracePeriodMs, exitMarginMs, propagation, signals, phases, leftToNest } = plan;
  const { floorMs, quietMs, capMs } = propagation;
  return [
    `stops on ${signals.stop.toSorted().join(', ')}`,
    `grace period ${gracePeriodMs} ms, of which ${exitMarginMs} ms are kept for the exit`,
    `load balancers: at least ${floorMs} ms, quiet for ${quietMs} ms, at most ${capMs} ms`,
    ...phases.flatMap(({ name, after, timeoutMs, reserveMs, tasks }) => [
      '',
      [
        `${name}:`,
        timeoutMs === undefined ? 'what is left' : `at most ${timeoutMs} ms`,
        ...(reserveMs > 0 ? [`with ${reserveMs} ms of its own`] : []),
        ...(after.length > 0 ? [`after ${after.toSorted().join(', ')}`] : []),
      ].join(' '),
      ...tasks.map(taskLine).toSorted(),
    ]),
    ...(leftToNest.length > 0 ? ['', `left to Nest: ${leftToNest.toSorted().join(', ')}`] : []),
  ].join('\n');
}

function taskLine({
  name,
  after,
  timeoutMs,
  critical,
}: PlanData['phases'][number]['tasks'][number]) {
  return [
    `  ${name}`,
    ...(timeoutMs === undefined ? [] : [`at most ${timeoutMs} ms`]),
    ...(critical ? ['critical'] : []),
    ...(after.length > 0 ? [`after ${after.toSorted().join(', ')}`] : []),
  ].join(' ');
}
