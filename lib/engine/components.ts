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
  const found = new Map<T, number>();
  const lowest = new Map<T, number>();
  const numberOf = new Map<T, number>();
  const members: T[][] = [];
  const open: T[] = [];
  const visits: Array<{ readonly item: T; readonly rest?: Iterator<T> }> = [];
  const visit = (item: T): void => {
    found.set(item, found.size);
    lowest.set(item, found.size - 1);
    open.push(item);
    visits.push({ item, rest: nextOf(item)?.[Symbol.iterator]() });
  };
  const lower = (item: T, to: number): void => {
    if (to < (lowest.get(item) as number)) lowest.set(item, to);
  };
  const close = (item: T): void => {
    const component = open.splice(open.lastIndexOf(item));
    for (const member of component) numberOf.set(member, members.length);
    members.push(component);
  };
  for (const root of items) {
    if (!found.has(root)) visit(root);
    while (visits.length > 0) {
      const { item, rest } = visits[visits.length - 1];
      const step = rest?.next();
      if (step && !step.done) {
        const at = found.get(step.value);
        if (at === undefined) visit(step.value);
        else if (!numberOf.has(step.value)) lower(item, at);
        continue;
      }
      visits.pop();
      const low = lowest.get(item) as number;
      if (visits.length > 0) lower(visits[visits.length - 1].item, low);
      if (low === found.get(item)) close(item);
    }
  }
  return { members, numberOf, next: nextComponents(members, numberOf, nextOf) };
}

function nextComponents<T>(
  members: ReadonlyArray<readonly T[]>,
  numberOf: ReadonlyMap<T, number>,
  nextOf: (item: T) => Iterable<T> | undefined,
): number[][] {
  return members.map((component, own) => {
    const numbers = new Set<number>();
    for (const item of component) {
      for (const next of nextOf(item) ?? []) numbers.add(numberOf.get(next) as number);
    }
    numbers.delete(own);
    return [...numbers];
  });
}
