import { FirstLook } from '../../connections/first-look.js';
import { keysOf, visitInside } from '../../connections/reach.js';
import type { IntegrationHost, ProvidedObject } from '../../engine/integration.js';
import { hasMethods } from './shape.js';

/** An object that a provider has in its properties, or a provider itself. */
export interface HeldObject {
  readonly object: object;
  readonly holder: ProvidedObject;
}

/** A provider has a client in a property, or in a property of what it wraps that in. */
const MAX_DEPTH = 2;

/** How an integration knows what it looks for. */
export interface HeldShape<T extends object> {
  readonly fits: (object: object) => object is T;
}

/** What is of others has one of these. */
const SIGNS_OF_OTHERS = ['routingMap', 'addHandler', 'cancelConsumer'];

/** The names by which anything that is looked for is told from thousands of other objects. */
const signs = new Set<string>(SIGNS_OF_OTHERS);
let firstLook = new FirstLook(signs);

/**
 * The shape of what an integration looks for; to be made when its file is loaded. Each such object has a method or a
 * property of one of these names, that few others have: only with one of them it is asked whether it fits.
 */
export function heldShape<T extends object>(
  names: readonly string[],
  fits: (object: object) => object is T,
): HeldShape<T> {
  for (const name of names) signs.add(name);
  firstLook = new FirstLook(signs);
  return { fits };
}

/** One walk for all integrations that look in the same turn: keyed by the list of what is provided. */
const walks = new WeakMap<object, readonly HeldObject[]>();

/**
 * Calls back with each object of this shape that the application's providers have, once: with those that are there now, and
 * with those that come (`late`), as long as the host says when to look.
 */
export function onHeld<T extends object>(
  host: IntegrationHost,
  { fits }: HeldShape<T>,
  found: (object: T, holder: ProvidedObject, late: boolean) => void,
): () => void {
  const known = new WeakSet<object>();
  const look = (late: boolean) => {
    for (const { object, holder } of heldBy(host)) {
      if (known.has(object) || !fits(object)) continue;
      known.add(object);
      found(object, holder, late);
    }
  };
  const again = () => look(true);
  look(false);
  host.onLook?.(again);
  return again;
}

/** How a source is called whose client is in a provider: `pg-boss of MailService`. */
export function nameIn(
  library: string,
  object: object,
  { object: holder, className }: ProvidedObject,
): string {
  return holder === object || className === '' ? library : `${library} of ${className}`;
}

function heldBy(host: IntegrationHost): readonly HeldObject[] {
  const provided = host.objects();
  const walked = walks.get(provided);
  if (walked) return walked;
  const all = walk(provided);
  walks.set(provided, all);
  // Properties change from turn to turn; the list of providers does not.
  void Promise.resolve().then(() => walks.delete(provided));
  return all;
}

/** Those that may be looked for, at any depth. */
function walk(provided: Iterable<ProvidedObject>): HeldObject[] {
  const seen = new Set<unknown>();
  const holders = [...provided].filter(({ object }) => !seen.has(object) && seen.add(object));
  const found: HeldObject[] = [];
  let level: HeldObject[] = holders.map((holder) => ({ object: holder.object, holder }));
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    const inside: HeldObject[] = [];
    for (const held of level) {
      const { object, holder } = held;
      const keys = keysOf(object);
      if (firstLook.mayHave(object, keys)) {
        found.push(held);
        if (isOfOthers(object)) continue;
      }
      if (depth === MAX_DEPTH || typeof object === 'function') continue;
      visitInside(object, keys, seen, (inner) => inside.push({ object: inner, holder }));
    }
    level = inside;
  }
  return found;
}

/** A client or a server of Nest's transports, or the connection of `@golevelup/nestjs-rabbitmq`: they have their own sources. */
function isOfOthers(object: object): boolean {
  return (
    (hasMethods(object, 'send', 'emit') && 'routingMap' in object) ||
    hasMethods(object, 'listen', 'close', 'addHandler', 'getHandlers') ||
    hasMethods(object, 'cancelConsumer', 'resumeConsumer', 'wrapConsumer')
  );
}
