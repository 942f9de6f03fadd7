import { lost } from './figures.js';
import type { VariantResult } from './run-variant.js';

export interface Verdict {
  ok: boolean;
  sentence: string;
}

/** The module must lose nothing; and plain Nest must lose something, or this rig can't see a loss. */
export function judge(results: VariantResult[]): Verdict {
  const losses = results.map((result) => ({ ...result, lost: lost(result) }));
  const module = losses.find(({ variant }) => variant === 'module');
  const plain = losses.find(({ variant }) => variant === 'plain');
  const nothingHappened = losses.every(({ replacements }) => replacements.length === 0);

  if (nothingHappened) {
    const sum = losses.reduce((total, result) => total + result.lost, 0);
    return sum === 0
      ? { ok: true, sentence: 'No deploy, nothing lost: the rig itself loses nothing.' }
      : { ok: false, sentence: `No deploy, yet ${sum} lost: the rig itself loses requests.` };
  }
  if (module && module.lost > 0) {
    return {
      ok: false,
      sentence: `With the module ${module.lost} of ${module.requests} were lost. That is a bug.`,
    };
  }
  if (plain && plain.lost === 0) {
    return {
      ok: false,
      sentence: 'Plain Nest lost nothing, so this run proves nothing: raise --rate or --rounds.',
    };
  }
  const parts = [];
  if (module) parts.push(`With the module nothing was lost (${module.requests} requests).`);
  if (plain) parts.push(`Plain Nest lost ${plain.lost} of ${plain.requests}.`);
  return { ok: true, sentence: parts.join(' ') };
}
