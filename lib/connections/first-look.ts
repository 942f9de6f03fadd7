import { types } from 'node:util';

/**
 * A first look at thousands of objects, for nearly all have no method of some names. It goes by the names of properties, and
 * at each prototype once: to ask each object for each name costs ten times as much when every object has a class of its own.
 */
export class FirstLook {
  private readonly names: ReadonlySet<PropertyKey>;
  private readonly prototypes = new WeakMap<object, boolean>();

  constructor(names: Iterable<string>) {
    this.names = new Set(names);
  }

  /**
   * Whether it may have any of them: not asked further is a proxy, which may have what it does not list, and what fails.
   *
   * @param keys its own, if they are known
   */
  mayHave(object: object, keys?: readonly PropertyKey[]): boolean {
    try {
      if (types.isProxy(object)) return true;
      for (const key of keys ?? Reflect.ownKeys(object)) if (this.names.has(key)) return true;
      const prototype = Object.getPrototypeOf(object) as object | null;
      return prototype !== null && this.inherited(prototype);
    } catch {
      return true;
    }
  }

  private inherited(prototype: object): boolean {
    let known = this.prototypes.get(prototype);
    if (known === undefined) {
      known = this.mayHave(prototype);
      this.prototypes.set(prototype, known);
    }
    return known;
  }
}
