import { describeReason } from '../engine/reason.js';
import type { PropagationReport, ShutdownReport, TrafficReport } from '../engine/record.js';
import { countText, durationText } from '../report/text.js';

/** A remedy is rounded up to this, in milliseconds: nobody sets 10,317. */
const STEP_MS = 500;

type Traffic = Pick<ShutdownReport, 'reason' | 'propagation' | 'traffic'>;

/**
 * One sentence about clients that came too late, with what to do about it; undefined when nobody did. It goes by what
 * the wait for the load balancers has seen: one that was too short, or none at all.
 */
export function lateTrafficText({ reason, propagation, traffic }: Traffic): string | undefined {
  if (!traffic) return undefined;
  const since = `after ${describeReason(reason)}`;
  if (propagation?.endedBy === 'capped') return cappedText(traffic, propagation, since);
  if (propagation && propagation.endedBy !== 'aborted') {
    return overtakenText(traffic, propagation, since);
  }
  return !propagation && reason.kind === 'signal' ? unwaitedText(traffic, since) : undefined;
}

/** Requests still came when the longest wait was over. */
function cappedText(
  { lastFifth, ...traffic }: TrafficReport,
  { durationMs, quietMs }: PropagationReport,
  since: string,
): string | undefined {
  const lastMs = lastOf(traffic);
  if (lastMs === undefined || !lastFifth) return undefined;
  const { onNewConnections: fresh, onKeptConnections: kept } = lastFifth;
  const whole = `the wait for it ended at ${durationText(durationMs)}`;
  const callers = `${countText(fresh + kept, 'request')} in its last fifth${whoCame(lastFifth)}`;
  if (fresh === 0) {
    return (
      `Clients still sent requests ${durationText(lastMs)} ${since}, all on connections they had kept, ` +
      `though every response says \`Connection: close\`; ${callers}. ` +
      'A longer wait does not end this: make these clients honour the header, or lower their keep-alive time'
    );
  }
  const needed = roundUp(lastMs + quietMs);
  return (
    `The load balancer still sent traffic ${durationText(lastMs)} ${since}, and ${whole}; ${callers}. ` +
    `Raise propagationCapMs to ${needed} or more, and the grace period with it`
  );
}

/** The wait had ended, and somebody was sent here all the same. */
function overtakenText(
  { onNewConnections: { lastMs } }: TrafficReport,
  { durationMs, endedBy, lastArrivalMs }: PropagationReport,
  since: string,
): string | undefined {
  if (lastMs === undefined || lastMs <= durationMs) return undefined;
  const late = `A new connection brought a request ${durationText(lastMs)} ${since}, when the wait for the load balancers was over (${endedBy}, ${durationText(durationMs)})`;
  return lastArrivalMs === undefined || lastArrivalMs > durationMs
    ? `${late}. Raise propagationFloorMs to ${roundUp(lastMs)} or more`
    : `${late}. Raise propagationQuietMs to ${roundUp(lastMs - lastArrivalMs)} or more`;
}

/** Nothing was waited for. */
function unwaitedText(traffic: TrafficReport, since: string): string | undefined {
  const { onNewConnections: fresh } = traffic;
  if (fresh.requests === 0 || fresh.lastMs === undefined) return undefined;
  return (
    `${countText(fresh.requests, 'request')} came on new connections, the last ${durationText(fresh.lastMs)} ${since}, ` +
    'and load balancers are not waited for. If one sends traffic here, name the `platform` or set propagationCapMs'
  );
}

function lastOf({ onNewConnections, onKeptConnections }: TrafficReport): number | undefined {
  const times = [onNewConnections.lastMs, onKeptConnections.lastMs].filter(
    (ms) => ms !== undefined,
  );
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** Such as `, from private addresses (curl)`. */
function whoCame({ callers }: NonNullable<TrafficReport['lastFifth']>): string {
  const [first] = callers;
  if (!first) return '';
  const more = callers.length > 1 ? `, and ${callers.length - 1} other kinds of callers` : '';
  return `, most of them from ${first.agent} (${first.address})${more}`;
}

function roundUp(ms: number): number {
  return Math.ceil(ms / STEP_MS) * STEP_MS;
}
