/** The strongly connected components of a graph, such as circles of `forwardRef`: what reaches one another is in one. */
export interface Components<T> {
  /** By number; one that is reached from another has a lower number. */
  readonly members: ReadonlyArray<readonly T[]>;
  readonly numberOf: ReadonlyMap<T, number>;
  /** The other components that are reached from each by one step. */
  readonly next: ReadonlyArray<readonly number[]>;
}

/** Tarjan's algorithm, linear and without recursion: a chain of ten thousand would overflow the stack. */
export function componentsOf<T>(
  items: Iterable<T>,
  nextOf: (item: T) => Iterable<T> | undefined,
): Components<T> {
  const { all, edges, numberOf } = withNumbers(items, nextOf);
  const found = new Int32Array(all.length).fill(-1);
  const lowest = new Int32Array(all.length);
  const component = new Int32Array(all.length).fill(-1);
  const members: T[][] = [];
  const next: Array<readonly number[]> = [];
  const open: number[] = [];
  const way: number[] = [];
  const step = new Int32Array(all.length);
  let count = 0;
  const visit = (at: number): void => {
    found[at] = lowest[at] = count;
    count += 1;
    open.push(at);
    way.push(at);
  };
  const close = (at: number): void => {
    const closed: T[] = [];
    const own = members.length;
    let first = open.length;
    do {
      first -= 1;
      component[open[first]] = own;
    } while (open[first] !== at);
    next.push(nextComponents(open, first, edges, component));
    for (const member of open.slice(first)) closed.push(all[member]);
    open.length = first;
    members.push(closed);
  };
  for (let root = 0; root < all.length; root += 1) {
    if (found[root] === -1) visit(root);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      if (step[at] < edges[at].length) {
        const neighbour = edges[at][step[at]];
        step[at] += 1;
        if (found[neighbour] === -1) visit(neighbour);
        else if (component[neighbour] === -1) lowest[at] = Math.min(lowest[at], found[neighbour]);
        continue;
      }
      way.pop();
      const from = way.at(-1);
      if (from !== undefined) lowest[from] = Math.min(lowest[from], lowest[at]);
      if (lowest[at] === found[at]) close(at);
    }
  }
  // The numbers that the items had until now are not needed any more.
  for (const [at, item] of all.entries()) numberOf.set(item, component[at]);
  return { members, numberOf, next };
}

const NONE: readonly number[] = [];

/** All items that are reached, each with the numbers of those that it reaches by one step. */
function withNumbers<T>(
  items: Iterable<T>,
  nextOf: (item: T) => Iterable<T> | undefined,
): {
  readonly all: readonly T[];
  readonly edges: ReadonlyArray<readonly number[]>;
  readonly numberOf: Map<T, number>;
} {
  const numberOf = new Map<T, number>();
  const all: T[] = [];
  const number = (item: T): number => {
    let known = numberOf.get(item);
    if (known === undefined) {
      numberOf.set(item, (known = all.length));
      all.push(item);
    }
    return known;
  };
  for (const item of items) number(item);
  const edges: Array<readonly number[]> = [];
  // An array grows under its iteration.
  for (const item of all) {
    let own: number[] | undefined;
    for (const next of nextOf(item) ?? []) (own ??= []).push(number(next));
    edges.push(own ?? NONE);
  }
  return { all, edges, numberOf };
}

/** Of the component whose members stand in `open` from `first` on. What is reached has been closed before. */
function nextComponents(
  open: readonly number[],
  first: number,
  edges: ReadonlyArray<readonly number[]>,
  component: Int32Array,
): readonly number[] {
  const own = component[open[first]];
  let found: number[] | undefined;
  for (let place = first; place < open.length; place += 1) {
    for (const next of edges[open[place]]) {
      if (component[next] !== own) (found ??= []).push(component[next]);
    }
  }
  return found && found.length > 1 ? [...new Set(found)] : (found ?? NONE);
}
