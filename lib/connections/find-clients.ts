import {
  CLOSING_NAMES,
  isLeftAlone,
  shapeOf,
  SIGNS_OF_OTHERS,
  type ClientShape,
} from './client-shapes.js';

/** What is known of the objects at which the search begins. */
export interface Roots {
  /** Objects that have no client and are not looked into, as Nest's container: it leads to every module. */
  readonly known?: Iterable<object>;
  /** For people. */
  readonly nameOf: (root: object) => string;
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
interface Candidate {
  readonly object: object;
  /** Where the search has come from. */
  readonly holder: object;
  /** How it is reached from there, such as `.pool`. */
  readonly path: string;
  readonly depth: number;
}

/**
 * Finds the clients of an application, each once; the nearest to the container first, so that what is deep inside of one
 * provider does not keep others from being looked at. Never throws.
 */
export function findClients(roots: readonly object[], { known, nameOf }: Roots): FoundClient[] {
  const found: FoundClient[] = [];
  const left = new Set<unknown>(known);
  const first = roots.filter((root) => !left.has(root));
  // What is provided has a name of its own.
  const seen = new Set<unknown>([...left, ...first]);
  const queue: Candidate[] = [];
  const look = (object: object, holder: object, path: string, depth: number): void => {
    const shape = hasAny(object, CLOSING_NAMES) ? shapeOf(object) : undefined;
    if (shape) {
      found.push({ client: object, shape, name: `${nameOf(holder)}${path}`, holder });
      return; // a pool inside of it is its own to close
    }
    if (depth === MAX_DEPTH || typeof object === 'function') return;
    const values = valuesOf(object);
    if (values.length === 0) return;
    if (hasAny(object, SIGNS_OF_OTHERS) && isLeftAlone(object)) return;
    for (const [key, value] of values) {
      for (const inner of opened(value, seen)) {
        const way = `${path}.${String(key)}`;
        queue.push({ object: inner, holder, path: way, depth: depth + 1 });
      }
    }
  };
  for (const root of first) look(root, root, '', 0);
  for (const { object, holder, path, depth } of queue) look(object, holder, path, depth);
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

const NOTHING: Array<[PropertyKey, unknown]> = [];

/** Own properties that are values: a getter might do something. */
function valuesOf(object: object): Array<[PropertyKey, unknown]> {
  try {
    if (ArrayBuffer.isView(object)) return [];
    const keys = Reflect.ownKeys(object);
    if (keys.length === 0) return NOTHING;
    return keys.slice(0, MOST_ITEMS).flatMap((key): Array<[PropertyKey, unknown]> => {
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
