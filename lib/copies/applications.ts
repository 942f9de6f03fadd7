import { shared } from './shared.js';

/**
 * The applications of the process. What one of them does not have may be in one that starts later, so that only the last
 * can tell what belongs to none.
 */
const { counts, listening, provided } = shared('applications:1', () => ({
  counts: new Map<'described' | 'listening', number>(),
  listening: new WeakSet<object>(),
  /** Prototypes of what any of them has, with those they inherit from. */
  provided: new WeakSet<object>(),
}));

/** `forRoot()` or `forRootAsync()` was called, which happens when the module that imports it is loaded. */
export function applicationDescribed(): void {
  count('described');
}

/** An application listens, at one port or several. */
export function applicationListens(application: object): void {
  if (listening.has(application)) return;
  listening.add(application);
  count('listening');
}

/** Whether all applications of which there is a description have started. */
export function allListen(): boolean {
  return countOf('listening') >= countOf('described');
}

function count(what: 'described' | 'listening'): void {
  counts.set(what, countOf(what) + 1);
}

function countOf(what: 'described' | 'listening'): number {
  return counts.get(what) ?? 0;
}

/** Notes that an application has an object of this prototype, or of a class that inherits from it. */
export function noteProvided(prototype: object): void {
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    if (provided.has(at)) return;
    provided.add(at);
  }
}

/** Whether any application has such an object. */
export function isProvided(prototype: object): boolean {
  return provided.has(prototype);
}
