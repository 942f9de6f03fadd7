import type { PhaseName } from '../engine/phase.js';
import type { Ordering } from '../engine/order-target.js';
import { checkOrdering } from './ordering.js';
import { callSite } from './call-site.js';
import { MethodMark } from './method-mark.js';

/** Options of `@OnShutdown()` and its kin; `timeoutMs` is when the method's `AbortSignal` aborts. */
export interface OnShutdownOptions extends Ordering {
  /**
   * Its name in the log and the report, and for `before` and `after` of others.
   * @default Class@method
   */
  readonly name?: string;
}

/** What `@OnShutdown()` wrote. */
export interface ShutdownMark extends OnShutdownOptions {
  readonly phase: string;
  /** The file and line of the decorator, when they can be found out. */
  readonly site?: string;
}

export const shutdownMark = new MethodMark<ShutdownMark>('OnShutdown');

/**
 * Runs a method in a phase of the shutdown, a built-in one or one of `forRoot({ phases })`. It gets a `ShutdownContext`.
 * Tasks of one phase run side by side, except that in `flush`, `close` and phases of your own a provider comes before
 * what it injects; `before` and `after` say it where you know better.
 *
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError and UnknownOptionError for wrong
 *   options; at boot UnknownPhaseError, UnknownOrderTargetError, and OrderCycleError for an order that can't be
 * @publicApi
 */
export function OnShutdown(
  phase: PhaseName | (string & {}),
  options: OnShutdownOptions = {},
): MethodDecorator {
  return decorate(OnShutdown, phase, options);
}

/**
 * Runs a method at once, while everything is still served: to leave a registry, to stop taking work.
 *
 * @publicApi
 */
export function OnAnnounce(options: OnShutdownOptions = {}): MethodDecorator {
  return decorate(OnAnnounce, 'announce', options);
}

/**
 * Runs a method while the work in flight finishes: to wait for work of your own.
 *
 * @publicApi
 */
export function OnDrain(options: OnShutdownOptions = {}): MethodDecorator {
  return decorate(OnDrain, 'drain', options);
}

/**
 * Runs a method when no work is in flight any more and all connections are still open: to write out what is buffered.
 *
 * @publicApi
 */
export function OnFlush(options: OnShutdownOptions = {}): MethodDecorator {
  return decorate(OnFlush, 'flush', options);
}

/**
 * Runs a method together with the hooks of all providers: to close a connection.
 *
 * @publicApi
 */
export function OnClose(options: OnShutdownOptions = {}): MethodDecorator {
  return decorate(OnClose, 'close', options);
}

type Decorator = (...args: never[]) => MethodDecorator;

function decorate(by: Decorator, phase: string, options: OnShutdownOptions): MethodDecorator {
  checkOrdering(`@${by.name}()`, options, ['timeoutMs', 'critical', 'name', 'after', 'before']);
  const site = callSite(by);
  return shutdownMark.decorate({ ...options, phase, site }, by.name, site);
}
