/** Everything reachable, without the start itself unless it is reached again; the nearest first. */
export function reachableFrom<T>(start: T, next: (item: T) => Iterable<T>): Set<T> {
  return closureOf(next(start), next);
}

/** Some items, and everything reachable from them. */
export function closureOf<T>(start: Iterable<T>, next: (item: T) => Iterable<T>): Set<T> {
  const found = new Set<T>(start);
  for (const item of found) for (const further of next(item)) found.add(further); // a Set grows under its iteration
  return found;
}
