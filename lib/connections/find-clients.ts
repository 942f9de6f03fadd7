import { isLeftAlone, shapeOf, type ClientShape } from './client-shapes.js';

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

/** A client is a provider, a property of one, or a property of what that has: drizzle's `$client`, for instance. */
const MAX_DEPTH = 2;
/** A cache may hold millions of entries, and a configuration thousands of keys. */
const MOST_ITEMS = 100;
const MOST_LOOKED_AT = 100_000;

/** Finds the clients of an application. What one is found in first has its name; each is found once. Never throws. */
export function findClients(roots: readonly Root[]): FoundClient[] {
  return new ClientSearch(roots).run();
}

class ClientSearch {
  private readonly found: FoundClient[] = [];
  private readonly seen: Set<unknown>;

  constructor(private readonly roots: readonly Root[]) {
    // What is provided has a name of its own.
    this.seen = new Set(roots.map(({ object }) => object));
  }

  run(): FoundClient[] {
    for (const { object, name } of this.roots) this.visit(object, name, object, 0);
    return this.found;
  }

  private visit(value: object, name: string, holder: object, depth: number): void {
    const shape = shapeOf(value);
    if (shape) {
      this.found.push({ client: value, shape, name, holder });
      return; // a pool inside of it is its own to close
    }
    if (depth === MAX_DEPTH || typeof value === 'function' || isLeftAlone(value)) return;
    for (const [key, inner] of valuesOf(value)) {
      this.open(inner, `${name}.${String(key)}`, holder, depth + 1);
    }
  }

  /** A list or a map is no step of its own. */
  private open(value: unknown, name: string, holder: object, depth: number): void {
    if (!isObject(value) || this.seen.has(value) || this.seen.size > MOST_LOOKED_AT) return;
    this.seen.add(value);
    const items = itemsOf(value);
    if (!items) return this.visit(value, name, holder, depth);
    for (const item of items) this.open(item, name, holder, depth);
  }
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
