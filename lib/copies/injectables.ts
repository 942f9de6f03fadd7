import { shared } from './shared.js';

/** What users of one copy inject: the classes are tokens, so those of another copy are others. */
export interface Injectables {
  /** A class of the Nest that the copy uses. After a reset of all modules, as tests do it, there is another Nest, too. */
  readonly nest: object;
  /** The same in the same order in every copy. */
  readonly classes: readonly NewableFunction[];
}

/** Weakly held: a test that resets its modules loads a copy each time, and each would hold all of its Nest. */
const known = shared('injectables:1', () => new Set<WeakRef<Injectables>>());

/** Makes the classes of this copy known to the others. The caller keeps the object as long as the copy is in use. */
export function announceInjectables(own: Injectables): void {
  known.add(new WeakRef(own));
}

/** Pairs of a class of another copy, beside the same Nest, and the one of this copy that stands for it. */
export function aliasesOf(own: Injectables): Array<readonly [NewableFunction, NewableFunction]> {
  return [...known].flatMap((reference) => {
    const other = reference.deref();
    if (!other) known.delete(reference);
    if (!other || other === own || other.nest !== own.nest) return [];
    return own.classes.flatMap((ours, index) => {
      const theirs = other.classes[index];
      return theirs ? [[theirs, ours] as const] : [];
    });
  });
}
