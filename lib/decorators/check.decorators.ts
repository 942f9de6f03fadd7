import { callSite } from './call-site.js';
import { checkTimeout, MethodMark } from './method-mark.js';

/** The probe a check belongs to. */
export type CheckKind = 'liveness' | 'readiness' | 'startup';

/** Options of `@ReadinessCheck()`, `@LivenessCheck()` and `@StartupCheck()`. */
export interface CheckOptions {
  /**
   * The check is down when it takes longer, in milliseconds.
   * @default `probes.checkTimeoutMs` of the module
   */
  readonly timeoutMs?: number;
  /**
   * The key in the probe's body when the check throws or hangs, so has no result of its own.
   * @default the method's name
   */
  readonly name?: string;
}

/** What one of the check decorators wrote. */
export interface CheckMark extends CheckOptions {
  readonly kind: CheckKind;
}

export const checkMark = new MethodMark<CheckMark>('ReadinessCheck');

/**
 * Makes a method part of `/health/ready`: the service is taken out of rotation while it is down. The method returns
 * (a promise of) a Terminus indicator result.
 *
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError for a wrong `timeoutMs`
 * @publicApi
 */
export function ReadinessCheck(options: CheckOptions = {}): MethodDecorator {
  return decorate('readiness', ReadinessCheck, options);
}

/**
 * Makes a method part of `/health/live`: the platform restarts the process while it is down. For states that only a
 * restart can mend; a database that is away is none. Not asked any more once the shutdown has begun.
 *
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError for a wrong `timeoutMs`
 * @publicApi
 */
export function LivenessCheck(options: CheckOptions = {}): MethodDecorator {
  return decorate('liveness', LivenessCheck, options);
}

/**
 * Makes a method part of `/health/startup`. It is asked until it has passed once; the service is not ready before.
 *
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError for a wrong `timeoutMs`
 * @publicApi
 */
export function StartupCheck(options: CheckOptions = {}): MethodDecorator {
  return decorate('startup', StartupCheck, options);
}

type Decorator = (options?: CheckOptions) => MethodDecorator;

function decorate(kind: CheckKind, by: Decorator, options: CheckOptions): MethodDecorator {
  checkTimeout(`timeoutMs of @${by.name}()`, options.timeoutMs);
  return checkMark.decorate({ ...options, kind }, by.name, callSite(by));
}
