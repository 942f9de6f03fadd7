/** Whether an object has these methods: the shape by which an integration knows what it may call. */
export function hasMethods(object: unknown, ...names: readonly string[]): boolean {
  if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return false;
  try {
    for (const name of names) {
      // Both, for a proxy may have a function for every name.
      if (!(name in object) || typeof Reflect.get(object, name) !== 'function') return false;
    }
    return true;
  } catch {
    return false; // a proxy with a will of its own
  }
}
