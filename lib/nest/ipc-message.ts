/** How Node counts whom a channel keeps alive for (Node 20 to 26, class Control of lib/internal/child_process.js). */
interface Channel {
  refCounted?(): void;
  unrefCounted?(): void;
}

/**
 * Calls back when the parent process sends this message over IPC; returns the undo. A listener for messages keeps a
 * process alive, and this one must not: what it does is taken out of Node's count. Where that can't be done, nothing
 * is listened to unless somebody else does already.
 */
export function onIpcMessage(text: string, callback: () => void): () => void {
  const channel = process.channel as Channel | undefined;
  if (!channel) return () => undefined;
  const counts =
    typeof channel.refCounted === 'function' && typeof channel.unrefCounted === 'function';
  if (!counts && process.listenerCount('message') === 0) return () => undefined;
  const listener = (message: unknown) => {
    if (message === text) callback();
  };
  process.prependListener('message', listener);
  if (counts) channel.unrefCounted?.();
  return () => {
    if (!process.listeners('message').includes(listener)) return;
    if (counts) channel.refCounted?.();
    process.removeListener('message', listener);
  };
}

/** How many others listen to messages of the parent process. */
export function othersOnIpcMessages(): number {
  return Math.max(0, process.listenerCount('message') - 1);
}

/** One of the forms of `process.send()` that Node documents. */
type Send = (
  message: string,
  handle: undefined,
  options: undefined,
  callback: (error: Error | null) => void,
) => boolean;

/** Sends a message to the parent process, if there is one that still listens. */
export function sendToParent(text: string): void {
  if (!process.connected) return;
  // Not as a plain call: in a bundle it would be taken for one of the application's (process/sends-ready.ts).
  const send = Reflect.get(process, 'send') as Send | undefined;
  // A parent that leaves in this moment is no error of the application: with a callback none is emitted.
  send?.call(process, text, undefined, undefined, () => undefined);
}
