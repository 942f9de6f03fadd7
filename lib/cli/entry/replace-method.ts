type Method = (...args: unknown[]) => unknown;

/**
 * Puts a function in the place of a method of an application. Core 11 and 12 hand out a proxy of it that drops what is
 * assigned to it, and whose methods look for the real one only when they are called (nest-factory.js `createProxy`).
 *
 * @param replacement is given what calls the method itself
 */
export function replaceMethod(
  application: object,
  name: string,
  replacement: (original: Method) => Method,
): void {
  const original = Reflect.get(Object.getPrototypeOf(application) as object, name) as
    Method | undefined;
  if (!original) return;
  // Its `this` is the application itself, which the proxy calls it on.
  const value = function (this: object, ...args: unknown[]): unknown {
    return replacement((...given) => original.apply(this, given))(...args);
  };
  Object.defineProperty(application, name, { value, configurable: true, writable: true });
}
