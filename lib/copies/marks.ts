import { shared } from './shared.js';

/** Where a decorator of this package was written. */
export interface MarkedPlace {
  /** As the user wrote it, such as `OnFlush`. */
  readonly decorator: string;
  /** Undefined on a class. */
  readonly method?: string;
  /** The file and line, when they can be found out. */
  readonly site?: string;
}

/**
 * On which classes decorators of this package were used. Decorators run when files are loaded, long before anybody looks
 * for what they have marked, so that an application without any pays nothing for the search.
 */
const marked = shared('marks:1', () => new Map<string, WeakSet<object>>());

/** Where that was, for the marks that have no effect unless an application finds them. Classes are held weakly. */
const places = shared(
  'marked-places:1',
  () => new Set<MarkedPlace & { readonly prototype: WeakRef<object> }>(),
);

/** Notes that a decorator was used on a class, or on a method of a prototype. */
export function noteMark(decorator: string, target: object): void {
  const known = marked.get(decorator);
  if (known) known.add(target);
  else marked.set(decorator, new WeakSet([target]));
}

/** Notes where a mark is that does nothing unless an application finds an object of this prototype. */
export function notePlace(place: MarkedPlace, prototype: object): void {
  places.add({ ...place, prototype: new WeakRef(prototype) });
}

/** The places noted, with the prototypes that still exist. */
export function notedPlaces(): Array<MarkedPlace & { readonly of: object }> {
  return [...places].flatMap((noted) => {
    const { prototype, ...place } = noted;
    const of = prototype.deref();
    if (of) return [{ ...place, of }];
    places.delete(noted);
    return [];
  });
}

/** Whether a decorator was used anywhere in the process. */
export function isMarkUsed(decorator: string): boolean {
  return marked.has(decorator);
}

/** Whether a decorator was used on a prototype, or one that it inherits from. */
export function isMarked(decorator: string, prototype: object): boolean {
  const known = marked.get(decorator);
  if (!known) return false;
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    if (known.has(at)) return true;
  }
  return false;
}
