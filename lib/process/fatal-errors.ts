import type { FatalTrigger, ShutdownReason } from '../engine/reason.js';

/** The reason of a shutdown for an error that nobody caught. */
export function fatalReason(trigger: FatalTrigger, error: unknown): ShutdownReason {
  return { kind: 'fatal', trigger, error: textOf(error) };
}

/** `Error: boom`. Anything may be thrown, and of what is no error only the kind is told: it may hold secrets. */
function textOf(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return String(error);
    const { name, message, code } = error as Partial<NodeJS.ErrnoException>; // also of another realm
    if (typeof message !== 'string') return `an object (${error.constructor?.name || 'Object'})`;
    const text = message || code; // Node's AggregateError of a refused connection has no message
    return text ? `${name || 'Error'}: ${text}` : name || 'Error';
  } catch {
    return 'a thrown value that has no text';
  }
}
