/** A class, also an abstract one. */
type Class = abstract new (...args: never[]) => unknown;

/**
 * What a `before` or `after` can name: a class, an injection token, or the name of a task. Nest's
 * `forwardRef(() => Class)` names a class that is not loaded yet, in a circle of imports.
 */
export type OrderTarget = Class | string | symbol | { readonly forwardRef: () => Class };

/** Where something stands among the tasks of its phase, and how it counts. */
export interface Ordering {
  /**
   * Its own limit, in milliseconds.
   * @default what its phase has left
   */
  readonly timeoutMs?: number;
  /**
   * Its failure makes the shutdown a forced one, with `exitCodeForced`.
   * @default false
   */
  readonly critical?: boolean;
  /**
   * It begins only when everything these have in its phase is over.
   * @default what the dependency injection graph says
   */
  readonly after?: readonly OrderTarget[];
  /**
   * What these have in its phase begins only when it is over.
   * @default what the dependency injection graph says
   */
  readonly before?: readonly OrderTarget[];
}
