import { seconds, type CheckContext } from '../context.js';
import { waitOn } from '../plan-facts.js';
import { goDurationMs } from '../text/durations.js';
import type { Value } from '../text/value.js';

const CHECK = /^traefik\.http\.services\.[^.]+\.loadbalancer\.healthcheck\.(path|interval)$/i;
/** How often Traefik asks without an interval, in milliseconds (Traefik 3, `loadBalancer.healthCheck`). */
const DEFAULT_MS = 30_000;

/**
 * Traefik takes a container out when its check fails, or when it has ended. A container that was told to stop is there for
 * it until then, so that the application has to serve as long as it may take until the next check.
 */
export function checkTraefik(service: Value, subject: string, context: CheckContext): void {
  const { plan } = context;
  const found = labelsOf(service.get('labels'));
  const path = found.get('path');
  if (!plan?.probes || path?.text !== plan.probes.readyPath) return;
  const { capMs } = waitOn(plan, 'none');
  const interval = found.get('interval');
  const windowMs = interval === undefined ? DEFAULT_MS : intervalMs(interval.text);
  if (capMs === undefined || windowMs === undefined || windowMs <= capMs) return;
  context.report('probe/window', {
    at: (interval ?? path).at,
    subject,
    message: `Traefik asks every ${seconds(windowMs)} and sends until then; the application waits at most ${seconds(capMs)} (propagationCapMs)`,
    remedy: `Set propagationCapMs: ${windowMs + 1_000} with propagationFloorMs: ${windowMs}, or a shorter interval.`,
  });
}

/** A duration of Go, or a number of seconds. */
function intervalMs(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) * 1_000 : goDurationMs(text);
}

/** `labels` is a map, or a list of name=value. */
function labelsOf(
  labels: Value,
): ReadonlyMap<string, { readonly text: string; readonly at: Value }> {
  const pairs = [
    ...labels.entries.map(([name, at]) => ({ name, text: at.text ?? '', at })),
    ...labels.items.map((at) => {
      const [, name = '', text = ''] = /^([^=]+)=(.*)$/s.exec(at.text ?? '') ?? [];
      return { name, text, at };
    }),
  ];
  return new Map(
    pairs.flatMap(({ name, ...label }) => {
      const key = CHECK.exec(name)?.[1]?.toLowerCase();
      return key === undefined ? [] : [[key, label] as const];
    }),
  );
}
