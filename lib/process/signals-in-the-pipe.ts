import { MessageChannel } from 'node:worker_threads';

/**
 * Resolves when the signals that have reached the process by now have been handed to their listeners. libuv reads them
 * from a pipe, in the poll phase, and drops those for which nobody listens any more by then. Twice, because signals come
 * last in what one poll has found; by a channel each, because a port hands on all its messages in one go. By messages,
 * which fake timers of a test do not hold up, also such as were there before this package was loaded.
 */
export async function signalsHandedOn(): Promise<void> {
  await pollPhase();
  await pollPhase();
}

function pollPhase(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port2.once('message', () => {
      port1.close();
      resolve();
    });
    port1.postMessage(0);
  });
}
