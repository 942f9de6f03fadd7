/** So many objects are looked at, and so deep: an SDK may lead to the whole process. */
const MOST_OBJECTS = 5_000;
const MOST_LEVELS = 10;

/**
 * What an object is made of: the objects of one kind that it holds, in properties with such names, in their arrays and
 * maps, and so on. Getters are left alone, and nothing is looked for inside of what was found.
 */
export function findInside<T>(
  root: unknown,
  names: RegExp,
  isWanted: (value: object) => value is object & T,
): T[] {
  const found = new Set<T>();
  const seen = new Set<unknown>();
  let level: unknown[] = [root];
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth += 1) {
    level = level.flatMap((value) => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return [];
      if (seen.add(value).size > MOST_OBJECTS) return [];
      if (!isWanted(value)) return contentsOf(value, names);
      found.add(value);
      return [];
    });
  }
  return [...found];
}

function contentsOf(object: object, names: RegExp): unknown[] {
  if (Array.isArray(object)) return object;
  if (object instanceof Map) return [...object.values()];
  try {
    const properties = Object.entries(Object.getOwnPropertyDescriptors(object));
    return properties.flatMap(([name, { value }]) => (names.test(name) ? [value as unknown] : []));
  } catch {
    return []; // a proxy with a will of its own
  }
}
