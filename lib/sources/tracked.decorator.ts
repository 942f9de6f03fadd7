import 'reflect-metadata';
import { types } from 'node:util';
import { isMarkUsed, noteMark } from '../copies/marks.js';
import { shared } from '../copies/shared.js';
import { InvalidDecoratorError } from '../errors/invalid-decorator.error.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { followsOwnWork, runAsOwnWork } from '../process/own-work.js';
import { endedBy } from '../time/settled.js';
import { standsFor, type Hold, type WorkRegister } from './work-register.js';

type Settled = (value: unknown) => unknown;
type Method = (this: unknown, ...args: unknown[]) => unknown;

const TRACKED = Symbol.for('nestjs-graceful:Tracked');
/** What a function owns that belongs to its call or its `new`, and not to what was written on it. */
const NOT_COPIED: ReadonlySet<string | symbol> = new Set(['prototype', 'arguments', 'caller']);

/** Shared with other copies of this package, whose methods do not know in which copy the module is. */
const { active, registers, counting } = shared('tracked:1', () => ({
  active: new Set<WorkRegister>(),
  /** One object may be a value in two applications; its work is work of both. */
  registers: new WeakMap<object, readonly WorkRegister[]>(),
  /** Thenables whose `then` counts already: a method may hand out the same one again and again. */
  counting: new WeakSet<object>(),
}));

/** From now on the runs of methods on objects that belong to no application in particular count here, too. */
export function activateRegister(register: WorkRegister): void {
  active.add(register);
}

/** The end of that; objects assigned to the register are no longer counted there when they are assigned anew. */
export function deactivateRegister(register: WorkRegister): void {
  active.delete(register);
}

/** Whether a method of the object, own or inherited, is marked. */
export function hasTrackedMethods(instance: object): boolean {
  return isMarkUsed('Tracked') && Reflect.hasMetadata(TRACKED, instance);
}

/**
 * Says which application an object belongs to. Those that are made for each request, or built by hand, are assigned to
 * none; their work counts in every active register, because waiting for too much drops nothing.
 */
export function assignRegister(instance: object, register: WorkRegister): void {
  const others = (registers.get(instance) ?? []).filter(
    (other) => other !== register && active.has(other),
  );
  registers.set(instance, [...others, register]);
}

/**
 * Counts every run of a method as work in flight: a shutdown waits for it before anything is closed. A run lasts until
 * the promise that the method returns has settled; without one, until it returns. A thenable that starts when it is
 * awaited, as queries do, counts from then on. For streams and observables use `hold()`.
 *
 * @param name of the work in the log and the report; `Class@method` by default
 * @throws InvalidDecoratorError on anything but an instance method, InvalidOptionError for a `name` that is no text
 * @publicApi
 */
export function Tracked(name?: string): MethodDecorator {
  if (name !== undefined && typeof name !== 'string') {
    const remedy = "Write @Tracked() or @Tracked('a name').";
    throw new InvalidOptionError('name of @Tracked()', 'a string', name, remedy);
  }
  return (target: object, method: string | symbol, descriptor?: PropertyDescriptor) => {
    InvalidDecoratorError.unlessMethod('Tracked', target, method, descriptor);
    const original = descriptor?.value as Method;
    const place = name || `${target.constructor.name}@${String(method)}`;
    noteMark('Tracked', target);
    Reflect.defineMetadata(TRACKED, true, target);
    return { ...descriptor, value: likeOriginal(original, counted(original, place)) } as never;
  };
}

/** Not an arrow function: the object is found by `this`. */
function counted(original: Method, name: string): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const held = holdsOf(this, name);
    let release = releaseOf(held);
    let result: unknown;
    try {
      if (followsOwnWork()) {
        const run = (end: () => void) => {
          release = () => {
            end();
            releaseAll(held);
          };
          return original.apply(this, args);
        };
        const countedAs = held.map((hold) => standsFor(hold.release));
        result = runAsOwnWork('work', run, countedAs);
      } else result = original.apply(this, args);
    } catch (error) {
      release();
      throw error;
    }
    // Not the promise itself: looking at it would hide its rejection if nobody else looks.
    if (types.isPromise(result)) return endedBy(result, release);
    if (isThenable(result)) countWhenAwaited(result, () => releaseOf(holdsOf(this, name)));
    release();
    return result;
  };
}

function holdsOf(owner: unknown, name: string): Hold[] {
  const held: Hold[] = [];
  // Of `undefined` and the like there is none.
  for (const register of registers.get(owner as object) ?? active) held.push(register.hold(name));
  return held;
}

function releaseOf(held: readonly Hold[]): () => void {
  return held.length === 1 ? held[0].release : () => releaseAll(held);
}

function releaseAll(holds: readonly Hold[]): void {
  for (const { release } of holds) release();
}

/**
 * A query (knex, Prisma, mongoose) runs when its `then` is called, and each time. It must come out of the method as it
 * is: there may be methods on it yet to call, and a transaction may want to be the one that starts it.
 */
function countWhenAwaited(thenable: PromiseLike<unknown>, hold: () => () => void): void {
  if (counting.has(thenable)) return;
  const then: unknown = Reflect.get(thenable, 'then');
  const value = function (this: unknown, fulfilled?: Settled, rejected?: Settled): unknown {
    const release = hold();
    const onFulfilled = (result: unknown) => {
      release();
      return typeof fulfilled === 'function' ? fulfilled(result) : result;
    };
    const onRejected = (error: unknown) => {
      release();
      if (typeof rejected === 'function') return rejected(error);
      throw error;
    };
    try {
      return Reflect.apply(then as Method, this, [onFulfilled, onRejected]);
    } catch (error) {
      release();
      throw error;
    }
  };
  // A frozen one stays as it is, and does not count.
  const property = { value, configurable: true, writable: true };
  // oxlint-disable-next-line unicorn/no-thenable -- it is one already
  if (Reflect.defineProperty(thenable, 'then', property)) counting.add(thenable);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

/** Name, length and metadata: what decorators wrote on the method below ours, or look at above it. */
function likeOriginal(original: Method, replacement: Method): Method {
  for (const key of Reflect.ownKeys(original).filter((key) => !NOT_COPIED.has(key))) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    if (property) Object.defineProperty(replacement, key, property);
  }
  for (const key of Reflect.getOwnMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), replacement);
  }
  return replacement;
}
