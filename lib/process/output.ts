import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Clock } from '../time/clock.js';
import { turn } from '../time/real-timers.js';

/** How often a stream is asked whether it is empty, in milliseconds; 'drain' comes only if it was full. */
const POLL_MS = 5;

/** The two streams, asked for one by one: the getters of `process` may throw. */
export interface Output {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Resolves when both streams have nothing left, or after so many milliseconds. Node's writes to a pipe are asynchronous on
 * POSIX, those to a file or a terminal are not; `process.exit()` drops what waits.
 */
export async function flushOutput(output: Output, timeoutMs: number, clock: Clock): Promise<void> {
  const end = clock.now() + timeoutMs;
  // What a worker thread has written comes as a message, and then goes out through the stream here.
  await turn();
  while (isHeldBack(output) && clock.now() < end) {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
  }
  complain(output, timeoutMs);
}

/** Whether anything waits that the process would lose if it ended now. */
export function isHeldBack(output: Output): boolean {
  return heldBack(output, 'stdout') > 0 || heldBack(output, 'stderr') > 0;
}

/** How much a stream holds back, in bytes. One that is broken, because its reader has gone, holds nothing that could go out. */
function heldBack(output: Output, name: keyof Output): number {
  try {
    const { writableLength, destroyed, errored } = output[name];
    return destroyed || errored ? 0 : (writableLength ?? 0);
  } catch {
    return 0; // there is no such stream, such as in a service of Windows
  }
}

/** In the only place where somebody may see it. */
function complain(output: Output, timeoutMs: number): void {
  const bytes = heldBack(output, 'stdout');
  if (bytes === 0 || heldBack(output, 'stderr') > 0) return;
  const text = `[Graceful] stdout was not handed over within ${Math.round(timeoutMs)} ms: its reader has left ${bytes} bytes\n`;
  try {
    writeSync(2, text);
  } catch {
    // it is full as well
  }
}

/** Two turns of the event loop: the first immediate can come without a look at what has arrived. */
