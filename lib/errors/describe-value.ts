/** How a wrong value is shown in an error: short, with its type, never throwing. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 60)}' (string)`;
  if (typeof value === 'function') return `${value.name || 'an anonymous function'} (function)`;
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return `an object`;
  return `${(value as number | bigint | boolean | symbol).toString()} (${typeof value})`;
}
