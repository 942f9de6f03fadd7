/** The candidate that a name was most likely meant to be; undefined when none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const [first] = candidates
    .map((candidate) => ({ candidate, letters: distance(name, candidate) }))
    .filter(
      ({ candidate, letters }) =>
        letters <= mostFor(candidate) || begins(ownName(name), ownName(candidate)),
    )
    .toSorted((a, b) => a.letters - b.letters);
  return first?.candidate;
}

/** A third of the name may be wrong; what stands before a dot, such as `probes.`, is no part of it. */
function mostFor(candidate: string): number {
  return Math.max(1, Math.floor(ownName(candidate).length / 3));
}

function ownName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The unit, or another last word, was left out or put in its place. */
function begins(name: string, candidate: string): boolean {
  const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
  let alike = 0;
  while (alike < a.length && a[alike] === b[alike]) alike += 1;
  return alike >= Math.max(4, a.length * 0.6);
}

/** How many letters have to be put in, left out, changed or swapped with their neighbour; case does not count. */
function distance(from: string, to: string): number {
  const [a, b] = [from.slice(0, 60).toLowerCase(), to.toLowerCase()];
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const above = rows[i - 1];
      const changed = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? rows[i - 2][j - 2] + 1
          : Infinity;
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, changed, swapped);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
}
