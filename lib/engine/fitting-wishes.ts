import { BitMatrix } from './bit-matrix.js';

/** That the first comes before the second. */
export type Pair<T> = readonly [first: T, second: T];

/**
 * Of wishes that contradict one another those that can be had: the first one wins. Quadratic, so only for the items that
 * are in a circle.
 *
 * @param items each behind those that come before it in the order so far
 * @param nextOf what comes right after an item in the order so far
 * @returns the wishes that hold and do not follow from the others
 */
export function fittingWishes<T>(
  items: readonly T[],
  nextOf: (item: T) => Iterable<T>,
  wishes: Iterable<Pair<T>>,
): Array<Pair<T>> {
  const index = new Map(items.map((item, at) => [item, at]));
  const later = new BitMatrix(items.length, items.length);
  const earlier = new BitMatrix(items.length, items.length);
  const put = (a: number, b: number): void => {
    const [before, after] = [
      [a, ...earlier.columnsOf(a)],
      [b, ...later.columnsOf(b)],
    ];
    for (const x of before) joinWith(later, x, b);
    for (const y of after) joinWith(earlier, y, a);
  };
  // From the back, so that what comes after the second is there already.
  for (const item of items.toReversed()) {
    for (const next of nextOf(item)) {
      const [a, b] = [index.get(item) as number, index.get(next)];
      if (b !== undefined && !later.has(a, b)) put(a, b);
    }
  }
  const fitting: Array<Pair<T>> = [];
  for (const wish of wishes) {
    const [a, b] = [index.get(wish[0]), index.get(wish[1])];
    if (a === undefined || b === undefined) continue;
    if (a === b || later.has(b, a) || later.has(a, b)) continue;
    put(a, b);
    fitting.push(wish);
  }
  return fitting;
}

function joinWith(related: BitMatrix, row: number, other: number): void {
  related.join(row, other);
  related.set(row, other);
}
