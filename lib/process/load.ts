import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { LoadReport } from '../engine/record.js';

/** How often the event loop is asked to come back, in milliseconds: Node's own default. */
const RESOLUTION_MS = 10;

/** Watches what the process is under, from when it was made. */
export interface LoadWatch {
  /** What there has been up to now. */
  read(): LoadReport;
  /** Ends the watch; what was seen can still be read. */
  stop(): void;
}

/** Watches CPU time, memory and the delay of the event loop. Its timer keeps no process alive. */
export function watchLoad(): LoadWatch {
  const cpu = process.cpuUsage();
  const start = process.memoryUsage.rss();
  const delays = startDelays();
  return {
    read: () => {
      const { user, system } = process.cpuUsage(cpu);
      return {
        cpuMs: (user + system) / 1_000,
        rssBytes: { start, end: process.memoryUsage.rss() },
        ...(delays && delays.count > 0 && { eventLoopDelayMs: delaysOf(delays) }),
      };
    },
    stop: () => void delays?.disable(),
  };
}

/** Not in every other runtime. */
function startDelays(): IntervalHistogram | undefined {
  try {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    return delays;
  } catch {
    return undefined;
  }
}

/** The histogram holds the time between two samples (Node 20 to 26), of which the interval itself is no delay. */
function delaysOf(delays: IntervalHistogram): NonNullable<LoadReport['eventLoopDelayMs']> {
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    mean: late(delays.mean),
    p99: late(delays.percentile(99)),
    max: late(delays.max),
  };
}

/** How much memory the process takes, of how much where it is limited, and since when it is up. */
export function vitals(): {
  readonly rssBytes: number;
  readonly memoryLimitBytes?: number;
  readonly uptimeMs: number;
} {
  // Without a limit it is 0, or more than any machine has (Node 20 to 26).
  const limit = process.constrainedMemory?.() ?? 0;
  return {
    rssBytes: process.memoryUsage.rss(),
    ...(limit > 0 && Number.isSafeInteger(limit) && { memoryLimitBytes: limit }),
    uptimeMs: Math.round(process.uptime() * 1_000),
  };
}
