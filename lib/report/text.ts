/** A time that was set, such as `30 s`, `1.5 s` or `667 ms`. */
export function limitText(ms: number): string {
  return isShort(ms) ? shortText(ms) : `${Math.round(ms / 100) / 10} s`;
}

/** Two times that were set, such as `5 to 10 s` or `250 ms to 1 s`. */
export function rangeText(leastMs: number, mostMs: number): string {
  const most = limitText(mostMs);
  if (leastMs === 0) return `0 to ${most}`;
  const least = limitText(leastMs);
  const [number, unit] = least.split(' ');
  return `${most.endsWith(` ${unit}`) ? number : least} to ${most}`;
}

/** A time that was measured, such as `7.0 s` or `3 ms`: its last digit stays, because it is one that was seen. */
export function durationText(ms: number): string {
  return isShort(ms) ? shortText(ms) : `${(ms / 1_000).toFixed(1)} s`;
}

/** Such as `1 request` or `2 requests`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** In seconds, `gracePeriodMs: 30` and an end after 4 ms would both read as nothing. */
function isShort(ms: number): boolean {
  return Math.round(ms) < 1_000;
}

function shortText(ms: number): string {
  return `${Math.round(ms)} ms`;
}
