import { exitSeconds, kills, lost } from './figures.js';
import type { DemoOptions } from './options.js';
import type { VariantResult } from './run-variant.js';
import { renderFailures, renderTable } from './table.js';
import { renderTimeline } from './timeline.js';
import type { Verdict } from './verdict.js';

/** At most so many single failures in the JSON; the counts hold all of them. */
const MOST_FAILURES = 100;

export function report(results: VariantResult[], verdict: Verdict, options: DemoOptions): string {
  return options.json ? json(results, verdict, options) : text(results, verdict);
}

function text(results: VariantResult[], verdict: Verdict): string {
  const parts = [
    `through ${results[0].proxy}, 10 ms round trip to the replicas`,
    renderTable(results),
  ];
  const losses = results.map(renderFailures).filter((line) => line !== '');
  if (losses.length > 0) parts.push(losses.join('\n'));
  for (const { variant, replacements } of results) {
    // The most telling one: its proxy was the last to hear.
    const [shown] = [...replacements].sort((a, b) => b.lagMs - a.lagMs);
    if (variant === 'module' && shown) {
      parts.push(`One shutdown with the module (${shown.name}):\n${renderTimeline(shown)}`);
    }
  }
  parts.push(verdict.sentence);
  return `\n${parts.join('\n\n')}\n`;
}

function json(results: VariantResult[], verdict: Verdict, options: DemoOptions): string {
  const runs = results.map((result) => ({
    ...result,
    lost: lost(result),
    sigkills: kills(result),
    secondsFromSigtermToExit: exitSeconds(result),
    failures: result.failures.slice(0, MOST_FAILURES),
    replacements: result.replacements.map(({ replica, ...exit }) => ({
      ...exit,
      log: replica.log
        .filter((line) => line.at >= (replica.terminatedAt ?? 0))
        .map((line) => ({
          seconds: (line.at - (replica.terminatedAt ?? 0)) / 1_000,
          text: line.text,
        })),
    })),
  }));
  return `${JSON.stringify({ ...verdict, options, runs }, undefined, 2)}\n`;
}
