import { AsyncResource } from 'node:async_hooks';
import { ask, has, look } from './look.js';

/** A pool leads to its sockets by its list of connections, each with its protocol; mysql2's has a queue around it. */
const MAX_DEPTH = 6;
const MOST_LOOKED_AT = 2_000;

/** Node numbers what is asynchronous in the order in which it is made: this is what comes next. */
export function nextAsyncId(): number {
  return new AsyncResource('nestjs-graceful').asyncId();
}

/**
 * Whether all connections of a client were made after a moment, as far as they can be found. A hook may make a client for
 * itself and close it again, which is nobody else's business.
 */
export function isYounger(client: object, asyncId: number): boolean {
  const ids = socketIds(client);
  return ids.length > 0 && ids.every((id) => id > asyncId);
}

function socketIds(root: object): number[] {
  const ids: number[] = [];
  const seen = new Set<unknown>([root]);
  let level: object[] = [root];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: object[] = [];
    for (const object of level) {
      const handle = look(object, '_handle');
      if (has(handle, 'getAsyncId')) {
        ids.push(ask(handle, 'getAsyncId') ?? 0);
        continue; // what a socket holds is its own
      }
      for (const value of valuesOf(object)) {
        if (seen.has(value) || seen.size > MOST_LOOKED_AT) continue;
        seen.add(value);
        next.push(value);
      }
    }
    level = next;
  }
  return ids;
}

function valuesOf(object: object): object[] {
  try {
    if (ArrayBuffer.isView(object)) return [];
    const values: unknown[] =
      object instanceof Map || object instanceof Set
        ? [...object.values()]
        : Object.values(Object.getOwnPropertyDescriptors(object)).map(
            ({ value }) => value as unknown,
          );
    return values.filter((value): value is object => typeof value === 'object' && value !== null);
  } catch {
    return []; // a proxy with a will of its own
  }
}
