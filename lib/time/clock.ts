/** The port to time. Every timer and clock reading of the package goes through it, so tests run on virtual time. */
export interface Clock {
  /** Milliseconds since the epoch, never going backwards. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds. */
  setTimeout(fn: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** What `Clock.setTimeout` gave; opaque. */
export type TimerHandle = object | number;
