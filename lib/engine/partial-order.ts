import { BitMatrix } from './bit-matrix.js';
import { componentsOf } from './components.js';
import { fittingWishes, type Pair } from './fitting-wishes.js';

const NONE: readonly never[] = [];

/**
 * A partial order that grows and never gets a cycle: a relation that contradicts what is there is refused. What is added
 * first wins, so callers add by priority.
 *
 * It keeps only the relations it was given, and a number for each item that agrees with them (Pearce and Kelly, 2007), so
 * that most relations are checked by comparing two numbers. What follows from them is worked out when somebody asks.
 */
export class PartialOrder<T> {
  private readonly index: Map<T, number>;
  private readonly all: T[];
  /** How many items there are; what comes behind them are points. */
  private readonly count: number;
  private readonly later: Array<readonly number[]>;
  private readonly earlier: Array<readonly number[]>;
  private rank: number[];
  /** For each item and point the items before it. */
  private closure?: BitMatrix;

  constructor(items: readonly T[]) {
    this.all = [...items];
    this.count = items.length;
    this.index = new Map(items.map((item, index) => [item, index]));
    // Most of thousands of items never have a relation.
    this.later = items.map(() => NONE);
    this.earlier = items.map(() => NONE);
    this.rank = items.map((_, index) => index);
  }

  /** Adds a point that items can stand before and after. It is none of them, and shows only by what it relates. */
  addPoint(point: T): void {
    this.index.set(point, this.all.length);
    this.rank.push(this.all.length);
    this.all.push(point);
    this.later.push(NONE);
    this.earlier.push(NONE);
    this.closure = undefined;
  }

  /**
   * Puts `first` before `second`. When `second` already comes before `first`, nothing is changed, and the items on a
   * shortest way from `second` to `first` are returned.
   */
  add(first: T, second: T): readonly T[] | undefined {
    const [a, b] = [this.indexOf(first), this.indexOf(second)];
    if (a === b) return [first];
    if (this.rank[b] < this.rank[a]) {
      const way = this.way(b, a);
      if (way) return way.map((at) => this.all[at]);
      this.moveBehind(a, b);
    } else if (this.way(a, b)) {
      return undefined;
    }
    this.connect(a, b);
    return undefined;
  }

  /**
   * Puts the first of each pair before the second, all pairs or, when they contradict the order or one another, none: then
   * the items and points that are in circles are returned. Linear.
   */
  addAll(pairs: ReadonlyArray<Pair<T>>): ReadonlySet<T> | undefined {
    if (pairs.length === 0) return undefined;
    for (const [first, second] of pairs) this.connect(this.indexOf(first), this.indexOf(second));
    const order = this.topological();
    if (order.length === this.all.length) {
      for (const [rank, at] of order.entries()) this.rank[at] = rank;
      return undefined;
    }
    const { members } = componentsOf(this.all.keys(), (at) => this.later[at]);
    const circles = members.filter(({ length }) => length > 1).flat();
    for (const [first, second] of pairs.toReversed()) {
      (this.later[this.indexOf(first)] as number[]).pop();
      (this.earlier[this.indexOf(second)] as number[]).pop();
    }
    return new Set(circles.map((at) => this.all[at]));
  }

  /** Of wishes among some items, the first of which wins, those that can be had and do not follow from others. */
  fitting(items: ReadonlySet<T>, wishes: Iterable<Pair<T>>): Array<Pair<T>> {
    const sorted = [...items].toSorted((a, b) => this.rankOf(a) - this.rankOf(b));
    const nextOf = (item: T) => this.later[this.indexOf(item)].map((at) => this.all[at]);
    return fittingWishes(sorted, nextOf, wishes);
  }

  /** Whether `first` must be over before `second` begins. */
  precedes(first: T, second: T): boolean {
    const [a, b] = [this.indexOf(first), this.indexOf(second)];
    if (this.rank[a] >= this.rank[b]) return false;
    return this.closure && a < this.count ? this.closure.has(b, a) : this.way(a, b) !== undefined;
  }

  /** Without the pairs whose second item comes before the first. */
  withoutContradictions(pairs: ReadonlyArray<Pair<T>>): Array<Pair<T>> {
    const isDoubtful = ([first, second]: Pair<T>) => this.rankOf(second) < this.rankOf(first);
    if (pairs.some(isDoubtful)) this.closed();
    return pairs.filter((pair) => !isDoubtful(pair) || !this.precedes(pair[1], pair[0]));
  }

  /** All items, each after those that come before it; those with fewer before them first, then as they were given. */
  sorted(): T[] {
    const counts = this.closed().counts();
    return [...this.all.keys()]
      .slice(0, this.count)
      .toSorted((a, b) => counts[a] - counts[b] || a - b)
      .map((at) => this.all[at]);
  }

  /** All items and points in some order in which each is after those that come before it. */
  inOrder(): T[] {
    return this.topological().map((at) => this.all[at]);
  }

  /** Those which `item` comes right after: without the ones that already come before another of them. */
  directlyBefore(item: T): T[] {
    const at = this.indexOf(item);
    const near = this.itemsRightBefore(at);
    return this.closed()
      .uncovered(at, near)
      .map((one) => this.all[one]);
  }

  /** What was put before `item`, or a point; some of it may also come before other parts of it. */
  before(item: T): readonly T[] {
    const all = this.earlier[this.indexOf(item)];
    if (all.length === 0) return NONE;
    if (all.length < 2) return all.map((at) => this.all[at]);
    // The ones that are before another are not needed; most of them are found in one step.
    const far = new Set(all.flatMap((at) => this.earlier[at]));
    return [...new Set(all)].filter((at) => !far.has(at)).map((at) => this.all[at]);
  }

  /** Whether a point has anything before it and after it. */
  isUsed(point: T): boolean {
    const at = this.indexOf(point);
    return this.later[at].length > 0 && this.earlier[at].length > 0;
  }

  private itemsRightBefore(at: number): number[] {
    const found = new Set(this.earlier[at]);
    // Through points; a Set grows under its iteration.
    for (const one of found)
      if (one >= this.count) for (const up of this.earlier[one]) found.add(up);
    return [...found].filter((one) => one < this.count);
  }

  private closed(): BitMatrix {
    if (this.closure) return this.closure;
    this.closure = new BitMatrix(this.all.length, this.count);
    this.closure.close(this.topological(), this.earlier);
    return this.closure;
  }

  /** Kahn's algorithm; without those that are in a circle or behind one. */
  private topological(): number[] {
    const left = Int32Array.from(this.earlier, ({ length }) => length);
    const order: number[] = [];
    for (let at = 0; at < left.length; at += 1) if (left[at] === 0) order.push(at);
    for (const at of order) {
      for (const next of this.later[at]) {
        left[next] -= 1;
        if (left[next] === 0) order.push(next);
      }
    }
    return order;
  }

  private connect(a: number, b: number): void {
    relate(this.later, a, b);
    relate(this.earlier, b, a);
    this.closure = undefined;
  }

  /** A shortest way from one to another, both included; nothing on it has a number outside of theirs. */
  private way(from: number, to: number): number[] | undefined {
    const cameFrom = new Map<number, number>([[from, from]]);
    const last = this.rank[to];
    for (const [next] of cameFrom) {
      if (next === to) break;
      for (const neighbour of this.later[next]) {
        if (this.rank[neighbour] > last || cameFrom.has(neighbour)) continue;
        cameFrom.set(neighbour, next);
      }
    }
    if (!cameFrom.has(to)) return undefined;
    const way = [to];
    while (way[0] !== from) way.unshift(cameFrom.get(way[0]) ?? from);
    return way;
  }

  /** Gives `b`, and what comes after it, numbers behind those of `a` and what comes before that: only of these two sets. */
  private moveBehind(a: number, b: number): void {
    const [low, high] = [this.rank[b], this.rank[a]];
    const after = this.reached(b, this.later, (rank) => rank <= high);
    const before = this.reached(a, this.earlier, (rank) => rank >= low);
    const moved = [...before, ...after];
    const ranks = moved.map((at) => this.rank[at]).toSorted((one, other) => one - other);
    for (const [place, at] of moved.entries()) this.rank[at] = ranks[place];
  }

  /** What is reached through numbers of a range, by its number. */
  private reached(
    from: number,
    edges: ReadonlyArray<readonly number[]>,
    isWithin: (rank: number) => boolean,
  ): number[] {
    const found = new Set([from]);
    for (const at of found) {
      for (const next of edges[at]) if (isWithin(this.rank[next])) found.add(next);
    }
    return [...found].toSorted((one, other) => this.rank[one] - this.rank[other]);
  }

  private rankOf(item: T): number {
    return this.rank[this.indexOf(item)];
  }

  private indexOf(item: T): number {
    const index = this.index.get(item);
    if (index === undefined) throw new RangeError('not one of the ordered items');
    return index;
  }
}

function relate(relations: Array<readonly number[]>, from: number, to: number): void {
  const known = relations[from];
  if (known === NONE) relations[from] = [to];
  else (known as number[]).push(to);
}
