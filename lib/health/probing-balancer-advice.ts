import type { ProbingBalancer } from './balancer-probes.js';

/** The numbers that decide whether a load balancer's probes fit into the wait. */
interface Wait {
  readonly platform: string;
  readonly propagationCapMs: number;
  readonly propagationProbeFailures: number;
}

/**
 * Says what to set when the wait ends before a load balancer can have met its failures; undefined when it fits. Where
 * nothing is waited for at all, a prober on the same machine is a health check of the container, and not a balancer.
 */
export function probingBalancerAdvice(
  { address, periodMs, learnsWithinMs }: ProbingBalancer,
  { platform, propagationCapMs, propagationProbeFailures }: Wait,
): string | undefined {
  const neededMs = Math.ceil(learnsWithinMs / 100) * 100;
  if (neededMs <= propagationCapMs) return undefined;
  if (propagationCapMs === 0 && isLoopback(address)) return undefined;
  const limit =
    propagationCapMs === 0
      ? `on the platform ${platform} it is not waited for`
      : `the wait for it ends after ${propagationCapMs} ms`;
  const raised = neededMs - propagationCapMs;
  return (
    `${address} asks the readiness probe every ${Math.round(periodMs)} ms, as a load balancer does. One that takes a replica out ` +
    `after ${propagationProbeFailures} failures needs up to ${neededMs} ms, but ${limit}, and requests that it sends later are lost. ` +
    `Set propagationCapMs to ${neededMs} (and gracePeriodMs ${raised} ms higher, if the drain needs its time), or let it ask ` +
    `more often. If it needs fewer failures, set propagationProbeFailures; 0 if it is no load balancer.`
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
