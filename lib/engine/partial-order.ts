/**
 * A partial order that grows one relation at a time and never gets a cycle: a relation that contradicts what is there is
 * refused, and the contradiction is given back. What is added first wins, so callers add by priority.
 */
export class PartialOrder<T> {
  private readonly index: ReadonlyMap<T, number>;
  private readonly words: number;
  /** For each item the set of all items after it, and before it, as bits. */
  private readonly later: Uint32Array[];
  private readonly earlier: Uint32Array[];
  /** For each item those it was put directly before, to name a path. */
  private readonly direct: number[][];

  constructor(private readonly items: readonly T[]) {
    this.index = new Map(items.map((item, index) => [item, index]));
    this.words = Math.ceil(items.length / 32);
    this.later = items.map(() => new Uint32Array(this.words));
    this.earlier = items.map(() => new Uint32Array(this.words));
    this.direct = items.map(() => []);
  }

  /**
   * Puts `first` before `second`. When `second` already comes before `first`, nothing is changed, and the items on the
   * way from `second` to `first` are returned.
   */
  add(first: T, second: T): readonly T[] | undefined {
    const [a, b] = [this.indexOf(first), this.indexOf(second)];
    if (a === b) return [first];
    if (has(this.later[b], a)) return this.path(b, a);
    if (has(this.later[a], b)) return undefined;
    this.direct[a].push(b);
    const [before, after] = [
      [a, ...bitsOf(this.earlier[a])],
      [b, ...bitsOf(this.later[b])],
    ];
    for (const x of before) join(this.later[x], this.later[b], b);
    for (const y of after) join(this.earlier[y], this.earlier[a], a);
    return undefined;
  }

  /** Whether `first` must be over before `second` begins. */
  precedes(first: T, second: T): boolean {
    return has(this.later[this.indexOf(first)], this.indexOf(second));
  }

  /** All items, each after those that come before it; those with fewer before them first, then as they were given. */
  sorted(): T[] {
    const counts = this.earlier.map((row) => bitsOf(row).length);
    return this.items
      .map((item, index) => ({ item, index }))
      .toSorted((a, b) => counts[a.index] - counts[b.index] || a.index - b.index)
      .map(({ item }) => item);
  }

  /** Those which `item` comes right after: without the ones that already come before another of them. */
  directlyBefore(item: T): T[] {
    const before = this.earlier[this.indexOf(item)];
    return bitsOf(before)
      .filter((a) => !this.later[a].some((word, at) => (word & before[at]) !== 0))
      .map((a) => this.items[a]);
  }

  /** The items on a shortest way from one to another, both included. */
  private path(from: number, to: number): T[] {
    const cameFrom = new Map<number, number>([[from, from]]);
    const queue = [from];
    for (const next of queue) {
      if (next === to) break;
      for (const neighbour of this.direct[next]) {
        if (cameFrom.has(neighbour)) continue;
        cameFrom.set(neighbour, next);
        queue.push(neighbour);
      }
    }
    const path = [to];
    while (path[0] !== from) path.unshift(cameFrom.get(path[0]) ?? from);
    return path.map((at) => this.items[at]);
  }

  private indexOf(item: T): number {
    const index = this.index.get(item);
    if (index === undefined) throw new RangeError('not one of the ordered items');
    return index;
  }
}

function has(row: Uint32Array, bit: number): boolean {
  return (row[bit >>> 5] & (1 << (bit & 31))) !== 0;
}

/** Puts a set and one more bit into another. */
function join(row: Uint32Array, other: Uint32Array, bit: number): void {
  for (let word = 0; word < row.length; word += 1) row[word] |= other[word];
  row[bit >>> 5] |= 1 << (bit & 31);
}

function bitsOf(row: Uint32Array): number[] {
  const bits: number[] = [];
  for (let word = 0; word < row.length; word += 1) {
    for (let left = row[word]; left !== 0; left &= left - 1) {
      bits.push(word * 32 + 31 - Math.clz32(left & -left));
    }
  }
  return bits;
}
