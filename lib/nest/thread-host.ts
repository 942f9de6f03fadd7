import { isMainThread } from 'node:worker_threads';

/** What Platformatic Watt 3 puts into the worker threads that it runs applications in. */
interface WattGlobals {
  readonly platformatic?: { readonly events?: Partial<NodeJS.EventEmitter> };
}

/**
 * Calls back when the host of this worker thread stops the application in it; returns the undo. No signal arrives in a
 * thread. Watt emits `stop` on its own emitter before it closes the server, never calls `app.close()`, and then waits for
 * the thread to end (@platformatic/runtime 3.67, lib/worker/itc.js). Other hosts tell nothing.
 */
export function onThreadStop(callback: () => void, inThread = !isMainThread): () => void {
  const events = inThread ? (globalThis as WattGlobals).platformatic?.events : undefined;
  if (typeof events?.on !== 'function') return () => undefined;
  events.on('stop', callback);
  return () => void events.removeListener?.('stop', callback);
}
