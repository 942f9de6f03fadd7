/** Objects of the application may do anything when they are asked: proxies that throw, getters that fail. */
export function look(object: unknown, key: PropertyKey): unknown {
  try {
    return (object as Record<PropertyKey, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

/** Whether these are all methods. */
export function has(object: unknown, ...methods: string[]): boolean {
  return methods.every((name) => typeof look(object, name) === 'function');
}

/**
 * Whether it has any method of these names: a first look at thousands of objects, for nearly all have none. One that can't
 * be looked at may have.
 */
export function mayHaveAny(object: object, names: readonly string[]): boolean {
  try {
    for (const name of names) {
      if (typeof (object as Record<string, unknown>)[name] === 'function') return true;
    }
    return false;
  } catch {
    return true;
  }
}

/** Asks a method for a number; undefined when it gives none. */
export function ask(object: unknown, method: string): number | undefined {
  try {
    const answer: unknown = (object as Record<string, () => unknown>)[method]();
    return typeof answer === 'number' ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** A number that is there. */
export function count(object: unknown, key: PropertyKey): number | undefined {
  const value = look(object, key);
  return typeof value === 'number' ? value : undefined;
}
