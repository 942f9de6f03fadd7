import { shared } from './shared.js';

/**
 * The applications of the process. What one of them does not have may be in one that starts later, so that only the last
 * can tell what belongs to none.
 */
const state = shared('applications:1', () => ({
  described: 0,
  listening: 0,
  /** Prototypes of what any of them has, with those they inherit from. */
  provided: new WeakSet<object>(),
}));

/** `forRoot()` or `forRootAsync()` was called, which happens when the module that imports it is loaded. */
export function applicationDescribed(): void {
  state.described += 1;
}

/** An application has started. */
export function applicationListens(): void {
  state.listening += 1;
}

/** Whether all applications of which there is a description have started. */
export function allListen(): boolean {
  return state.listening >= state.described;
}

/** Notes that an application has an object of this prototype, or of a class that inherits from it. */
export function noteProvided(prototype: object): void {
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    if (state.provided.has(at)) return;
    state.provided.add(at);
  }
}

/** Whether any application has such an object. */
export function isProvided(prototype: object): boolean {
  return state.provided.has(prototype);
}
