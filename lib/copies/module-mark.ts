/** On the module class of every copy, by which the others know it; the value is where that copy is. */
const MODULE = Symbol.for('nestjs-graceful:module');

export function markModule(metatype: NewableFunction, path: string): void {
  Object.defineProperty(metatype, MODULE, { value: path });
}

/** Where the copy is whose module this is; undefined for every other class. A subclass is another class. */
export function moduleCopyOf(metatype: unknown): string | undefined {
  if (typeof metatype !== 'function' || !Object.hasOwn(metatype, MODULE)) return undefined;
  return String(Reflect.get(metatype, MODULE));
}
