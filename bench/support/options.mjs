import { parseArgs } from 'node:util';

/**
 * The options of a benchmark. The defaults say which there are and of what type.
 *
 * @template {Record<string, number | string>} T
 * @param {T} defaults
 * @returns {T}
 */
export function parseOptions(defaults) {
  const names = Object.keys(defaults);
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    });
    const entries = names.map((name) => [name, parse(name, values[name], defaults[name])]);
    return /** @type {T} */ (Object.fromEntries(entries));
  } catch (error) {
    const known = names.map((name) => `--${name} ${defaults[name]}`).join(' ');
    console.error(`${error.message}\nThe options and their defaults: ${known}`);
    return process.exit(2);
  }
}

function parse(name, text, fallback) {
  if (text === undefined) return fallback;
  if (typeof fallback === 'string') return text;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new Error(`Expected --${name} to be a number, got "${text}"`);
}
