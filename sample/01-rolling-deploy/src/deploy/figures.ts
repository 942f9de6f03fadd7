import type { VariantResult } from './run-variant.js';

export function lost(result: VariantResult): number {
  return result.requests - result.outcomes.ok + result.orders.missing;
}

export function kills(result: VariantResult): number {
  return result.replacements.filter((replacement) => replacement.killed).length;
}

/** From SIGTERM to the end of the process. */
export function exitSeconds(result: VariantResult): { median: number; max: number } | undefined {
  const seconds = result.replacements
    .map((replacement) => replacement.seconds)
    .sort((a, b) => a - b);
  if (seconds.length === 0) return undefined;
  return {
    median: seconds[Math.floor((seconds.length - 1) / 2)],
    max: seconds[seconds.length - 1],
  };
}

/** For example "500 ×3, 502 ×12", most frequent first. */
export function tally(names: string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ×${count}`)
    .join(', ');
}
