import 'reflect-metadata';
import { isMarkUsed, noteMark, notePlace } from '../copies/marks.js';
import { InvalidDecoratorError } from '../errors/invalid-decorator.error.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { Ordering } from '../engine/order-target.js';
import type { PhaseName } from '../engine/phase.js';
import { callSite } from './call-site.js';
import { checkOrdering } from './ordering.js';

/** What `@ShutdownPhase()` wrote. */
export interface PhaseMark extends Ordering {
  readonly phase: string;
  readonly site?: string;
}

/** The same in every copy of this package. */
const KEY = Symbol.for('nestjs-graceful:ShutdownPhase');

/**
 * Puts the shutdown hooks that a class has from Nest (`onModuleDestroy`, `beforeApplicationShutdown`,
 * `onApplicationShutdown`) into a phase of your choice, and orders them and the class's decorated methods in it.
 * Without it hooks run in `close`, dependents first.
 *
 * @throws InvalidDecoratorError on anything but a class, InvalidOptionError and UnknownOptionError for wrong options;
 *   at boot UnknownPhaseError, UnknownOrderTargetError, and OrderCycleError for an order that can't be
 * @publicApi
 */
export function ShutdownPhase(
  phase: PhaseName | (string & {}),
  options: Ordering = {},
): ClassDecorator {
  if (typeof phase !== 'string') {
    throw new InvalidOptionError('the phase of @ShutdownPhase()', 'a name', phase, 'Pass one.');
  }
  checkOrdering('@ShutdownPhase()', options, ['timeoutMs', 'critical', 'after', 'before']);
  const site = callSite(ShutdownPhase);
  return (target: object, member?: string | symbol) => {
    if (typeof target !== 'function' || member !== undefined) {
      throw new InvalidDecoratorError(
        'ShutdownPhase',
        member === undefined ? typeof target : String(member),
        'it is no class',
        'Put it on a class that has hooks of Nest such as onModuleDestroy; @OnShutdown() is for methods.',
      );
    }
    noteMark('ShutdownPhase', target);
    notePlace({ decorator: 'ShutdownPhase', site }, target.prototype as object);
    Reflect.defineMetadata(KEY, { ...options, phase, site } satisfies PhaseMark, target);
  };
}

/** Whether any class in the process is marked. */
export function phaseMarksAreUsed(): boolean {
  return isMarkUsed('ShutdownPhase');
}

/** What the class of an object, or one it extends, was marked with. */
export function phaseMarkOf(owner: object): PhaseMark | undefined {
  if (!phaseMarksAreUsed()) return undefined;
  try {
    const { constructor } = owner as { constructor?: unknown };
    if (typeof constructor !== 'function') return undefined;
    return Reflect.getMetadata(KEY, constructor) as PhaseMark | undefined;
  } catch {
    return undefined; // a proxy with a will of its own
  }
}
