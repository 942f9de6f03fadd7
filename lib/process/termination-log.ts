import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** What Kubernetes reads of the file, in bytes (Kubernetes docs, "Customizing the termination message"). */
export const TERMINATION_MESSAGE_MAX_BYTES = 4096;

/** No O_CREAT; not blocking, because a pipe that nobody reads would hold the exit for ever. */
const REPLACE_EXISTING = constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK;

/**
 * Leaves the last words of a container where `kubectl describe pod` shows them: in `/dev/termination-log`, on
 * Kubernetes. Does nothing where there is no such file: the kubelet makes it, and elsewhere nobody would read it.
 * Synchronous, because the process is about to exit, and never throws: it is to exit in any case.
 *
 * @param maxBytes what is longer is cut after the last whole character, in bytes
 */
export function writeTerminationLog(
  path: string,
  text: string,
  maxBytes: number = TERMINATION_MESSAGE_MAX_BYTES,
): void {
  try {
    const file = openSync(path, REPLACE_EXISTING);
    try {
      const bytes = cut(Buffer.from(text), maxBytes);
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  } catch {
    // no such file, or none that can be written
  }
}

function cut(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // in the middle of a character of UTF-8
  return bytes.subarray(0, end);
}
