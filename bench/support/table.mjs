import { quantile } from './statistics.mjs';

/**
 * A table that reads well in a terminal and is Markdown.
 *
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 */
export function table(header, rows) {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column].length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => pad(cell, widths[i], i)).join(' | ')} |`;
  const dashes = widths.map((width, i) => '-'.repeat(width + (i === 0 ? 2 : 1)));
  const rule = `|${dashes.join(':|').replace(':', '')}:|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

const pad = (cell, width, column) => (column === 0 ? cell.padEnd(width) : cell.padStart(width));

/** @param {{ median: number, min: number, max: number }} spread */
export function withRange({ median, min, max }, digits) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

/** @param {readonly number[]} values */
export function withMiddleHalf(values, digits = 2) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q).toFixed(digits));
  return `${middle} (${low} to ${high})`;
}
