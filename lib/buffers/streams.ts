import type { Writable } from 'node:stream';
import type { Clock } from '../time/clock.js';
import { hasMethods } from '../integrations/kit/shape.js';
import { loggersIn, type BufferedOutput } from './buffer.js';

/** How often a stream is asked whether it is empty, in milliseconds: it has no event for that. */
const POLL_MS = 5;

/** The streams into which loggers of the application's own write, such as a file. Those of the process are the process's. */
export function logStreams(objects: Iterable<object>, clock: Clock): BufferedOutput[] {
  const streams = [...loggersIn(objects, isStream)].filter(
    (stream) => !('fd' in stream && isStd(stream)),
  );
  return streams.map((stream) => ({
    name: nameOf(stream),
    flush: (timeoutMs) => drained(stream, clock.now() + timeoutMs, clock),
  }));
}

async function drained(stream: Writable, end: number, clock: Clock): Promise<void> {
  while (stream.writableLength > 0 && !stream.destroyed && clock.now() < end) {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
  }
  if (stream.errored) throw stream.errored;
}

/** A file says which. */
function nameOf(stream: Writable): string {
  const { path } = stream as { path?: unknown };
  return typeof path === 'string' ? `the log stream to ${path}` : 'a log stream';
}

function isStd({ fd }: { readonly fd?: unknown }): boolean {
  return fd === 1 || fd === 2;
}

/** A plain stream of Node's, not a logger that is one. */
function isStream(value: unknown): value is Writable {
  const isWritable = hasMethods(value, 'write', 'end', 'cork', 'once');
  return (
    isWritable &&
    !hasMethods(value, 'info') &&
    typeof (value as Writable).writableLength === 'number'
  );
}
