/**
 * What belongs to the process and not to one copy of this package. A process can hold several: the ES modules and the
 * CommonJS build side by side (tests in Jest, Yarn's PnP), versions below different peers, a bundle beside node_modules.
 *
 * @param name ends in a number that is raised when an older copy would not understand the new form of the value
 * @param make is called by the first copy that asks. The value is frozen: Jest takes the properties of globals away when a
 *   test file is over, and what changes belongs in a map, a set or a private field
 */
export function shared<T extends object>(name: `${string}:${number}`, make: () => T): T {
  const key = Symbol.for(`nestjs-graceful:${name}`);
  const there = Reflect.get(globalThis, key) as T | undefined;
  if (there) return there;
  const value = Object.freeze(make());
  Reflect.defineProperty(globalThis, key, { value }); // of a frozen one: each copy keeps its own, as without this
  return value;
}
