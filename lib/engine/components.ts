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
  const { all, edges } = withNumbers(items, nextOf);
  const found = new Int32Array(all.length).fill(-1);
  const lowest = new Int32Array(all.length);
  const component = new Int32Array(all.length).fill(-1);
  const members: number[][] = [];
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
    const closed = open.splice(open.lastIndexOf(at));
    for (const member of closed) component[member] = members.length;
    members.push(closed);
  };
  for (let root = 0; root < all.length; root += 1) {
    if (found[root] === -1) visit(root);
    for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
      if (step[at] < edges[at].length) {
        const next = edges[at][step[at]];
        step[at] += 1;
        if (found[next] === -1) visit(next);
        else if (component[next] === -1) lowest[at] = Math.min(lowest[at], found[next]);
        continue;
      }
      way.pop();
      const from = way.at(-1);
      if (from !== undefined) lowest[from] = Math.min(lowest[from], lowest[at]);
      if (lowest[at] === found[at]) close(at);
    }
  }
  return {
    members: members.map((closed) => closed.map((at) => all[at])),
    numberOf: new Map(all.map((item, at) => [item, component[at]])),
    next: members.map((closed, own) => nextComponents(closed, own, edges, component)),
  };
}

/** All items that are reached, each with the numbers of those that it reaches by one step. */
function withNumbers<T>(
  items: Iterable<T>,
  nextOf: (item: T) => Iterable<T> | undefined,
): { readonly all: readonly T[]; readonly edges: ReadonlyArray<readonly number[]> } {
  const numbers = new Map<T, number>();
  for (const item of new Set(items)) numbers.set(item, numbers.size);
  const edges: number[][] = [];
  // A Map grows under its iteration.
  for (const item of numbers.keys()) {
    const own: number[] = [];
    for (const next of nextOf(item) ?? []) {
      let number = numbers.get(next);
      if (number === undefined) numbers.set(next, (number = numbers.size));
      own.push(number);
    }
    edges.push(own);
  }
  return { all: [...numbers.keys()], edges };
}

function nextComponents(
  members: readonly number[],
  own: number,
  edges: ReadonlyArray<readonly number[]>,
  component: Int32Array,
): number[] {
  const found: number[] = [];
  for (const at of members) {
    for (const next of edges[at]) if (component[next] !== own) found.push(component[next]);
  }
  return found.length < 2 ? found : [...new Set(found)];
}
