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

/** Whether any of these is a method. */
export function hasAny(object: unknown, methods: readonly string[]): boolean {
  return methods.some((name) => has(object, name));
}

/** Which of these are methods. */
export function methodsAmong(names: readonly string[], object: unknown): ReadonlySet<string> {
  return new Set(names.filter((name) => has(object, name)));
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
