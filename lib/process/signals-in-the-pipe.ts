import { MessageChannel, type MessagePort } from 'node:worker_threads';

/**
 * Resolves when the signals that have reached the process by now have been handed to their listeners. libuv reads them
 * from a pipe, in the poll phase, and drops those for which nobody listens any more by then. Twice, because signals come
 * last in what one poll has found. By messages, which fake timers of a test do not hold up, also such as were there before
 * this package was loaded.
 */
export async function signalsHandedOn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await pollPhase(port1, port2);
  await pollPhase(port1, port2);
  port1.close();
}

function pollPhase(port1: MessagePort, port2: MessagePort): Promise<void> {
  return new Promise((resolve) => {
    port2.once('message', () => resolve());
    port1.postMessage(0);
  });
}
