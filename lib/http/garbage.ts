import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects what nobody holds any more, so that a `WeakRef` tells whether anybody holds its object. Node has no function for
 * it without a flag, and takes the flag at any time. False where there is none; then nothing is known.
 */
export function collectGarbage(): boolean {
  try {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('typeof gc === "function" && gc') as false | (() => void);
    if (collect === false) return false;
    collect();
    return true;
  } catch {
    return false; // Deno and Bun have no such flag
  }
}
