import {
  CLOSING_NAMES,
  isLeftAlone,
  shapeOf,
  SIGNS_OF_OTHERS,
  type ClientShape,
} from './client-shapes.js';

/** An object of the container, where the search begins. */
export interface Root {
  readonly object: object;
  /** For people. */
  readonly name: string;
}

/** A client of a database, a cache or the like. */
export interface FoundClient {
  readonly client: object;
  readonly shape: ClientShape;
  /** Such as `Database.pool`. */
  readonly name: string;
  /** The object of the container that is the client, or has it. */
  readonly holder: object;
}

/** A client is a provider, a property of one, or a property of what that has: drizzle's `$client`, a wrapper's pool. */
const MAX_DEPTH = 3;
/** A cache may hold millions of entries, and a configuration thousands of keys. */
const MOST_ITEMS = 100;
const MOST_LOOKED_AT = 20_000;

/** Something to look at. */
interface Candidate extends Root {
  readonly holder: object;
  readonly depth: number;
}

/**
 * Finds the clients of an application, each once; the nearest to the container first, so that what is deep inside of one
 * provider does not keep others from being looked at. `known` are objects that have none and are not looked into, as
 * Nest's container: it leads to every module. Never throws.
 */
export function findClients(roots: readonly Root[], known: Iterable<object> = []): FoundClient[] {
  const found: FoundClient[] = [];
  const queue = roots.map((root): Candidate => ({ ...root, holder: root.object, depth: 0 }));
  // What is provided has a name of its own.
  const seen = new Set<unknown>([...known, ...roots.map(({ object }) => object)]);
  for (const { object, name, holder, depth } of queue) {
    const shape = hasAny(object, CLOSING_NAMES) ? shapeOf(object) : undefined;
    if (shape) {
      found.push({ client: object, shape, name, holder });
      continue; // a pool inside of it is its own to close
    }
    if (depth === MAX_DEPTH || typeof object === 'function') continue;
    const values = valuesOf(object);
    if (values.length === 0) continue;
    if (hasAny(object, SIGNS_OF_OTHERS) && isLeftAlone(object)) continue;
    for (const [key, value] of values) {
      for (const inner of opened(value, seen)) {
        queue.push({ object: inner, name: `${name}.${String(key)}`, holder, depth: depth + 1 });
      }
    }
  }
  return found;
}

/**
 * Whether it has any method of these names: a first look, for nearly all objects have none. One that can't be looked at may
 * have.
 */
function hasAny(object: object, names: readonly string[]): boolean {
  try {
    for (const name of names) {
      if (typeof (object as Record<string, unknown>)[name] === 'function') return true;
    }
    return false;
  } catch {
    return true;
  }
}

/** An object that was not seen yet, or those in it when it is a list or a map, which is no step of its own. */
function opened(value: unknown, seen: Set<unknown>): object[] {
  if (!isObject(value) || seen.has(value) || seen.size > MOST_LOOKED_AT) return [];
  seen.add(value);
  const items = itemsOf(value);
  return items ? items.flatMap((item) => opened(item, seen)) : [value];
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Own properties that are values: a getter might do something. */
function valuesOf(object: object): Array<[PropertyKey, unknown]> {
  try {
    if (ArrayBuffer.isView(object)) return [];
    return Reflect.ownKeys(object)
      .slice(0, MOST_ITEMS)
      .flatMap((key): Array<[PropertyKey, unknown]> => {
        const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
        return isObject(value) ? [[key, value]] : [];
      });
  } catch {
    return []; // a proxy with a will of its own
  }
}

function itemsOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS);
  if (!(value instanceof Map) && !(value instanceof Set)) return undefined;
  const items: unknown[] = [];
  for (const item of value.values()) {
    items.push(item);
    if (items.length === MOST_ITEMS) break;
  }
  return items;
}
