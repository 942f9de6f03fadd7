import { balancerOutlastsWait } from '../log/probe-lines.js';
import type { Line } from '../log/line.js';
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
): Line | undefined {
  const neededMs = Math.ceil(learnsWithinMs / 100) * 100;
  if (neededMs <= propagationCapMs) return undefined;
  if (propagationCapMs === 0 && isLoopback(address)) return undefined;
  return balancerOutlastsWait({
    address,
    periodMs,
    failures: propagationProbeFailures,
    neededMs,
    capMs: propagationCapMs,
    platform,
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
