import { durationText } from '../report/text.js';

/** A process that took more of its memory than this when it was last seen was most likely killed for it. */
const FULL = 0.9;
const MIB = 1_048_576;

/** What is known of a life that has left its marker; no record when that can't be read. */
export interface UncleanEndFacts {
  readonly record?: {
    readonly process: { readonly pid: number };
    readonly exitCode?: number;
    readonly phase: string;
    readonly uptimeMs: number;
    readonly inFlight: Readonly<Record<string, number>>;
    readonly rssBytes: number;
    readonly memoryLimitBytes?: number;
  };
  /** When it was last seen: milliseconds since the epoch. */
  readonly lastSeenAt: number;
}

/** One sentence about a life that was not ended in order. `now` is milliseconds since the epoch. */
export function uncleanEndText({ record, lastSeenAt }: UncleanEndFacts, now: number): string {
  const age = now > lastSeenAt ? `, last seen ${ageText(now - lastSeenAt)} ago` : '';
  if (!record) return `A former life of this application left a marker that can't be read${age}`;
  const { exitCode, phase, uptimeMs, process } = record;
  const how =
    exitCode === undefined
      ? 'was killed'
      : `ended with exit code ${exitCode} before its shutdown was over`;
  return (
    `A former life of this application (process ${process.pid}) ${how} in ${phase}, after ${ageText(uptimeMs)}${age}; ` +
    `${inFlightText(record.inFlight)}, ${memoryText(record)}`
  );
}

function inFlightText(inFlight: Readonly<Record<string, number>>): string {
  const entries = Object.entries(inFlight);
  if (entries.length === 0) return 'nothing in flight';
  return `in flight: ${entries.map(([source, count]) => `${source} ${count}`).join(', ')}`;
}

function memoryText({
  rssBytes,
  memoryLimitBytes: limit,
  exitCode,
}: NonNullable<UncleanEndFacts['record']>): string {
  const taken = Math.round(rssBytes / MIB);
  if (limit === undefined) return `${taken} MiB of memory`;
  const isFull = exitCode === undefined && rssBytes / limit >= FULL;
  const why = isFull ? ', so most likely for want of memory' : '';
  return `${taken} of ${Math.round(limit / MIB)} MiB of memory${why}`;
}

/** Hours and minutes, where seconds say nothing. */
function ageText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 2) return durationText(ms);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
