import { seconds, type CheckContext } from '../context.js';
import { probeNumber, probeOf, type Probe } from '../kubernetes/probe.js';
import type { Workload } from '../kubernetes/workload.js';

/**
 * What a probe gives the application to start, against how long that took where the plan was made, and with its warm-up: until
 * that is over, the startup probe is down.
 */
export function checkStartup(workload: Workload, context: CheckContext): void {
  const { app, subject, isOfThePlan, isJob } = workload;
  const { bootMs = 0, warmUpMs = 0 } = context.plan ?? {};
  if (!app || isJob || !isOfThePlan || bootMs + warmUpMs === 0) return;
  // Liveness is not asked before the startup probe has passed once.
  const probe = probeOf(app, 'startupProbe') ?? probeOf(app, 'livenessProbe');
  if (!probe || probe.value.isUnknown) return;
  const delay = probeNumber(probe, 'initialDelaySeconds');
  const period = probeNumber(probe, 'periodSeconds');
  const failures = probeNumber(probe, 'failureThreshold');
  const budgetMs = (delay + period * failures) * 1_000;
  const warmMs = probe.kind === 'startupProbe' ? warmUpMs : 0;
  if (budgetMs >= bootMs + warmMs) return;
  const needs = [
    ...(bootMs > 0 ? [`${seconds(bootMs)} that the start took where the plan was made`] : []),
    ...(warmMs > 0 ? [`${seconds(warmMs)} of warmUp.timeoutMs`] : []),
  ];
  context.report('probe/startup', {
    at: probe.value,
    subject,
    message: `${probe.kind} gives ${sumOf(delay, period, failures)} = ${seconds(budgetMs)} < ${needs.join(' + ')}`,
    remedy: remedyFor(probe, bootMs * 3 + warmMs, period),
  });
}

function sumOf(delay: number, period: number, failures: number): string {
  const window = `${period} s × ${failures}`;
  return delay === 0 ? window : `${delay} s + ${window}`;
}

function remedyFor({ kind }: Probe, wantedMs: number, period: number): string {
  const failures = Math.ceil(wantedMs / 1_000 / period);
  return kind === 'startupProbe'
    ? `Set failureThreshold: ${failures}`
    : `Add a startupProbe with failureThreshold: ${failures}`;
}
