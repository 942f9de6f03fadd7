import { callSite } from './call-site.js';
import { MethodMark } from './method-mark.js';
import { checkOrdering } from './ordering.js';

/** Options of `@WarmUp()`. */
export interface WarmUpMethodOptions {
  /**
   * Its name in the log and the plan.
   * @default Class@method
   */
  readonly name?: string;
}

/** What a method with `@WarmUp()` is given. */
export interface WarmUpContext {
  /** Aborts when nobody waits for it any longer: its time is over, or the application shuts down. */
  readonly signal: AbortSignal;
  /** When its time is over: milliseconds since the epoch, as `Date.now()`. */
  readonly deadline: number;
  /** What is left until then, in milliseconds, read at the moment of asking; never negative. */
  readonly remainingMs: number;
}

export const warmUpMark = new MethodMark<WarmUpMethodOptions>('WarmUp');

/**
 * Runs a method once the application listens and before readiness opens: to fill a cache, to open connections. It gets a
 * `WarmUpContext`. All run side by side, before the requests of `forRoot({ warmUp })`. One that fails is said in the log, and
 * keeps nobody from being ready.
 *
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError and UnknownOptionError for wrong options
 * @publicApi
 */
export function WarmUp(options: WarmUpMethodOptions = {}): MethodDecorator {
  checkOrdering('@WarmUp()', options, ['name']);
  return warmUpMark.decorate(options, 'WarmUp', callSite(WarmUp));
}
