import type { WorkInFlight } from '../engine/integration.js';
import type { OwnWork } from '../process/own-work.js';
import { withoutIdentifiers } from '../engine/secrets.js';
import type { Source } from './source.js';

export function countOf(source: Source): number {
  return source.count?.() ?? source.inFlight().length;
}

/** Such as `1 request in flight, 2 messages, 1 job`; the first of all is HTTP, which is named though there is nothing. */
export function inFlightText(sources: readonly Source[]): string {
  const own = sources.flatMap((source) => (source.text ? [source.text(countOf(source))] : []));
  const counts = new Map<string, number>();
  for (const source of sources) {
    const count = source.text ? 0 : countOf(source);
    if (count > 0) counts.set(source.kind, (counts.get(source.kind) ?? 0) + count);
  }
  const [first, ...last] = own;
  const others = [...counts].map(([kind, count]) => `${count} ${nounFor(kind, count)}`);
  return [first, ...others, ...last].filter((text) => text !== undefined).join(', ');
}

/** Those in flight for the longest time, at most so many, with names that may be told. */
export function oldestOf(sources: readonly Source[], most: number): WorkInFlight[] {
  const all = sources.flatMap((source) => source.inFlight());
  return all
    .toSorted((one, other) => (other.ageMs ?? 0) - (one.ageMs ?? 0))
    .slice(0, most)
    .map((piece) => ({ ...piece, name: withoutIdentifiers(piece.name) }));
}

/** Lets the shutdown go on without a piece of work that awaits its end; undefined where something would wait for it. */
export function stepAsideOf(sources: readonly Source[], piece: object): (() => void) | undefined {
  const { stepAside } = piece as Partial<OwnWork>;
  if (stepAside) return stepAside;
  for (const source of sources) {
    const found = source.stepAsideOf?.(piece);
    if (found) return found;
  }
  return undefined;
}

/** Whether something waits for one that has stepped aside all the same. */
export function isWaitedFor(sources: readonly Source[], piece: object): boolean {
  return sources.some((source) => source.isWaitedFor?.(piece));
}

function nounFor(kind: string, count: number): string {
  if (kind === 'work') return count === 1 ? 'run' : 'runs';
  return count === 1 ? kind : `${kind}s`;
}
