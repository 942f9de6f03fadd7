import { FirstLook } from './first-look.js';
import {
  CLOSING_NAMES,
  isLeftAlone,
  shapeOf,
  SIGNS_OF_OTHERS,
  type ClientShape,
} from './client-shapes.js';
import { keysOf, opened, valuesOf } from './reach.js';

/** What is known of the objects at which the search begins. */
export interface Roots {
  /** Objects that have no client and are not looked into, as Nest's container: it leads to every module. */
  readonly known?: Iterable<object>;
  /** For people. */
  readonly nameOf: (root: object) => string;
}

/** A client of a database, a cache or the like. */
export interface FoundClient {
  readonly client: object;
  readonly shape: ClientShape;
  /** Such as `Database.pool`. */
  readonly name: string;
  /** The object of the container that is the client, or has it. */
  readonly holder: object;
}

/** A client is a provider, a property of one, or a property of what that has: drizzle's `$client`, a wrapper's pool. */
const MAX_DEPTH = 3;

/** Something to look at. */
interface Candidate {
  readonly object: object;
  /** Where the search has come from. */
  readonly holder: object;
  /** How it is reached from there, such as `.pool`. */
  readonly path: string;
  readonly depth: number;
}

/**
 * Finds the clients of an application, each once; the nearest to the container first, so that what is deep inside of one
 * provider does not keep others from being looked at. Never throws.
 */
export function findClients(roots: readonly object[], { known, nameOf }: Roots): FoundClient[] {
  const found: FoundClient[] = [];
  const left = new Set<unknown>(known);
  const first = roots.filter((root) => !left.has(root));
  // What is provided has a name of its own.
  const seen = new Set<unknown>([...left, ...first]);
  const queue: Candidate[] = [];
  const closing = new FirstLook(CLOSING_NAMES);
  const others = new FirstLook(SIGNS_OF_OTHERS);
  const look = (object: object, holder: object, path: string, depth: number): void => {
    const keys = keysOf(object);
    const shape = closing.mayHave(object, keys) ? shapeOf(object) : undefined;
    if (shape) {
      found.push({ client: object, shape, name: `${nameOf(holder)}${path}`, holder });
      return; // a pool inside of it is its own to close
    }
    if (depth === MAX_DEPTH || typeof object === 'function') return;
    const values = valuesOf(object, keys);
    if (values.length === 0) return;
    if (others.mayHave(object, keys) && isLeftAlone(object)) return;
    for (const [key, value] of values) {
      for (const inner of opened(value, seen)) {
        const way = `${path}.${String(key)}`;
        queue.push({ object: inner, holder, path: way, depth: depth + 1 });
      }
    }
  };
  for (const root of first) look(root, root, '', 0);
  for (const { object, holder, path, depth } of queue) look(object, holder, path, depth);
  return found;
}
