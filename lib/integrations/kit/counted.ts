import { types } from 'node:util';
import type { WorkCounter } from '../../engine/integration.js';

/** Counts a call until its promise settles. */
export function counted<T>(counter: WorkCounter, name: string, call: () => T): T {
  const end = counter.begin(name);
  let result: T | undefined;
  try {
    result = counter.within(end, call, 'inside');
  } finally {
    if (!types.isPromise(result)) end();
  }
  // The caller gets the derived promise: a rejection that nobody handles stays one.
  return types.isPromise(result) ? (result.finally(end) as T) : result;
}
