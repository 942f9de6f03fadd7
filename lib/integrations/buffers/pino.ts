import { hasMethods } from '../integration.js';
import { loggersIn, type BufferedOutput } from './buffer.js';

/** Of pino 7 to 10. */
interface Pino {
  /** Before pino 8.16 it took no callback, and told nobody when it was done. */
  flush(callback?: (error?: Error) => void): void;
}

/**
 * pino's loggers, also the root of nestjs-pino. A flush hands the lines to the transport's thread or to the file; what a
 * transport's thread itself holds back, pino waits for when the process exits.
 */
export function pino(objects: Iterable<object>): BufferedOutput[] {
  return [...loggersIn(objects, isPino)].map((logger) => ({
    name: 'pino',
    flush: () => flushed(logger),
  }));
}

function flushed(logger: Pino): Promise<void> | void {
  if (logger.flush.length === 0) return logger.flush();
  return new Promise((resolve, reject) => {
    logger.flush((error) => (error ? reject(error) : resolve()));
  });
}

function isPino(value: unknown): value is Pino {
  return hasMethods(value, 'flush', 'bindings', 'child', 'isLevelEnabled');
}
