import { shared } from './shared.js';

/**
 * On which classes decorators of this package were used. Decorators run when files are loaded, long before anybody looks
 * for what they have marked, so that an application without any pays nothing for the search.
 */
const marked = shared('marks:1', () => new Map<string, WeakSet<object>>());

/** Notes that a decorator was used on a class, or on a method of a prototype. */
export function noteMark(decorator: string, target: object): void {
  const known = marked.get(decorator);
  if (known) known.add(target);
  else marked.set(decorator, new WeakSet([target]));
}

/** Whether a decorator was used anywhere in the process. */
export function isMarkUsed(decorator: string): boolean {
  return marked.has(decorator);
}

/** Whether a decorator was used on a prototype, or one that it inherits from. */
export function isMarked(decorator: string, prototype: object): boolean {
  const known = marked.get(decorator);
  if (!known) return false;
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    if (known.has(at)) return true;
  }
  return false;
}
