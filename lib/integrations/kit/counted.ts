import { types } from 'node:util';
import { endedBy } from '../../time/settled.js';
import type { WorkCounter } from '../../engine/integration.js';

/** Counts a call until its promise settles. No library waits for such calls as it closes. */
export function counted<T>(counter: WorkCounter, name: string, call: () => T): T {
  const end = counter.begin(name, () => undefined);
  let result: T | undefined;
  try {
    result = counter.within(end, call, 'inside');
  } finally {
    if (!types.isPromise(result)) end();
  }
  // The caller gets the derived promise: a rejection that nobody handles stays one.
  return types.isPromise(result) ? (endedBy(result, end) as T) : result;
}
