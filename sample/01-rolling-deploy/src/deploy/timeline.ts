import type { Replacement } from 'nestjs-graceful/testing/rig';

/** `[Nest] 4711  - 11/23/2026, 9:17:48 AM     LOG [Context] text`: the time is ours, in seconds since SIGTERM. */
const NEST_PREFIX = /^\[Nest\] \d+ +- .*? (?=LOG|WARN|ERROR|FATAL|DEBUG|VERBOSE)/;

export function withoutPrefix(text: string): string {
  return text.replace(NEST_PREFIX, '').trim();
}

/**
 * One replica's own log from SIGTERM on, with what the outside did to it; then the timeline that its report draws, which
 * is what it prints last and without a prefix.
 */
export function renderTimeline({
  replica,
  lagMs,
  notReadyAfterSeconds,
  seconds,
  code,
  signal,
}: Replacement): string {
  const origin = replica.terminatedAt ?? 0;
  const lines = replica.log.filter((line) => line.at >= origin);
  const drawing = lines.slice(lines.findLastIndex(({ text }) => NEST_PREFIX.test(text)) + 1);
  const events = lines
    .slice(0, lines.length - drawing.length)
    .map((line) => ({ at: (line.at - origin) / 1_000, text: withoutPrefix(line.text) }));
  events.unshift({ at: 0, text: '<- SIGTERM' });
  events.push({
    at: lagMs / 1_000,
    text: '<- the proxy learns of it: no new traffic from here on',
  });
  if (notReadyAfterSeconds !== undefined) {
    events.push({
      at: notReadyAfterSeconds,
      text: '<- first readiness probe that was not answered with 200',
    });
  }
  events.push({ at: seconds, text: `-> the process has ended: ${signal ?? `code ${code}`}` });
  return [
    ...events
      .sort((a, b) => a.at - b.at)
      .map(({ at, text }) => `  ${at.toFixed(2).padStart(6)} s  ${text}`),
    '',
    ...drawing.map(({ text }) => `  ${text}`.trimEnd()),
  ].join('\n');
}
