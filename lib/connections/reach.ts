/** A cache may hold millions of entries, and a configuration thousands of keys. */
const MOST_ITEMS = 100;
const MOST_LOOKED_AT = 20_000;

/** An object that was not seen yet, or those in it when it is a list or a map, which is no step of its own. */
export function opened(value: unknown, seen: Set<unknown>): object[] {
  const found: object[] = [];
  open(value, seen, (object) => found.push(object));
  return found;
}

/**
 * Visits what an object has in own properties that are values, each opened as by `opened()`. Thousands of providers have
 * nothing there but others that were seen, so nothing is made for them.
 */
export function visitInside(
  object: object,
  keys: readonly PropertyKey[],
  seen: Set<unknown>,
  visit: (inner: object) => void,
): void {
  try {
    for (const [index, key] of keys.entries()) {
      if (index === MOST_ITEMS) return;
      open(Object.getOwnPropertyDescriptor(object, key)?.value, seen, visit);
    }
  } catch {
    // a proxy with a will of its own
  }
}

function open(value: unknown, seen: Set<unknown>, visit: (object: object) => void): void {
  if (!isObject(value) || seen.has(value) || seen.size > MOST_LOOKED_AT) return;
  seen.add(value);
  const items = itemsOf(value);
  if (!items) return visit(value);
  for (const item of items) open(item, seen, visit);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

const NO_KEYS: readonly PropertyKey[] = [];
const NOTHING: Array<[PropertyKey, unknown]> = [];

/** Of own properties; none of what has millions of numbers, or can't be looked at. */
export function keysOf(object: object): readonly PropertyKey[] {
  try {
    return ArrayBuffer.isView(object) ? NO_KEYS : Reflect.ownKeys(object);
  } catch {
    return NO_KEYS; // a proxy with a will of its own
  }
}

/** Own properties that are values: a getter might do something. */
export function valuesOf(object: object, keys = keysOf(object)): Array<[PropertyKey, unknown]> {
  try {
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
