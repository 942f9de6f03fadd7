import { FirstLook } from '../connections/first-look.js';
import { hasMethods } from '../integrations/kit/shape.js';

/** Something that holds back what it was given, to send or to write it later. */
export interface BufferedOutput {
  /** For the log and the report, such as `OpenTelemetry traces`. */
  readonly name: string;
  /**
   * Resolves when what it was given until now is handed over to where it goes, and rejects when it is known that it was
   * not; in vain after so many milliseconds.
   */
  flush(timeoutMs: number): unknown;
  /** Begins to look; the function that it returns says whether anything has come since. Without it, something may have. */
  watch?(): () => boolean;
}

/** A logger, a stream, and what holds one, have one of these. */
const SIGNS = ['flush', 'write', 'log', 'error'];

/** Those that may log or lead to who does. */
export function mayLog(objects: Iterable<object>): Set<object> {
  const signs = new FirstLook(SIGNS);
  const found = new Set<object>();
  for (const object of objects) if (signs.mayHave(object)) found.add(object);
  return found;
}

/**
 * The loggers of one kind, each once: those among the objects, and those inside of others that log, such as a
 * `LoggerService` of the application around one. Getters are left alone.
 */
export function loggersIn<T extends object>(
  objects: Iterable<object>,
  isLogger: (value: unknown) => value is T,
): Set<T> {
  const found = new Set<T>();
  for (const object of objects) {
    if (isLogger(object)) found.add(object);
    else if (hasMethods(object, 'error', 'warn')) {
      for (const value of [...heldBy(object), ...heldBy(object.constructor)]) {
        if (isLogger(value)) found.add(value);
      }
    }
  }
  return found;
}

function heldBy(object: object | undefined): unknown[] {
  try {
    const properties = Object.getOwnPropertyDescriptors(object ?? {});
    return Object.values(properties).map(({ value }) => value as unknown);
  } catch {
    return []; // a proxy with a will of its own
  }
}
