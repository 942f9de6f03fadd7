import { loadedModules } from '../integrations/kit/loaded-modules.js';
import type { Clock } from '../time/clock.js';
import { hasMethods } from '../integrations/kit/shape.js';
import { loggersIn, type BufferedOutput } from './buffer.js';

/** Of pino 7 to 10. */
interface Pino {
  /** Before pino 8.16 it took no callback, and told nobody when it was done. */
  flush(callback?: (error?: Error) => void): void;
}

/** How often a destination is asked whether it is done, in milliseconds. */
const POLL_MS = 5;

/** What sonic-boom 2 to 4, pino's destination, says while it has given a chunk to the system that has not been taken. */
const UNDER_WAY = '_writing';

/**
 * pino's loggers, also the root of nestjs-pino. A flush hands the lines to the transport's thread or to the file; what a
 * transport's thread itself holds back, pino waits for when the process exits.
 */
export function pino(objects: Iterable<object>, clock: Clock): BufferedOutput[] {
  return [...loggersIn(objects, isPino)].map((logger) => ({
    name: 'pino',
    flush: (timeoutMs) => flush(logger, clock.now() + timeoutMs, clock),
  }));
}

type Write = (this: object, ...args: unknown[]) => unknown;

/**
 * Notes the loggers that write from now on, wherever they are: one at the top of a module is no provider. Those of all
 * versions of pino that are loaded as CommonJS, which is what `import` gets as well, and not in a bundle. Returns them, and
 * the undo.
 */
export function watchPino(): { readonly loggers: ReadonlySet<object>; readonly stop: () => void } {
  const loggers = new Set<object>();
  const undos = prototypesOfPino().map((prototype) => noteWriters(prototype, loggers));
  return { loggers, stop: () => undos.forEach((undo) => undo()) };
}

/** All loggers of one pino share it (pino 7 to 10, lib/proto.js exports a function that makes an object of it). */
function prototypesOfPino(): object[] {
  return loadedModules(/[\\/]pino[\\/]lib[\\/]proto\.js$/).flatMap((make) => {
    try {
      const made = typeof make === 'function' ? (make as () => unknown)() : undefined;
      const prototype: unknown = made && Object.getPrototypeOf(made);
      return hasMethods(prototype, 'flush', 'bindings', 'child') ? [prototype as object] : [];
    } catch {
      return [];
    }
  });
}

function noteWriters(prototype: object, loggers: Set<object>): () => void {
  const symbols = Object.getOwnPropertySymbols(prototype);
  const key = symbols.find(({ description }) => description === 'pino.write');
  const before = key && Object.getOwnPropertyDescriptor(prototype, key);
  if (!key || typeof before?.value !== 'function') return () => undefined;
  const write = before.value as Write;
  const noting: Write = function (...args) {
    loggers.add(this);
    return Reflect.apply<object, unknown[], unknown>(write, this, args);
  };
  Object.defineProperty(prototype, key, { ...before, value: noting });
  return () => {
    const now = Object.getOwnPropertyDescriptor(prototype, key);
    if (now?.value === noting) Object.defineProperty(prototype, key, before);
  };
}

/**
 * A destination that holds nothing back calls back at once, even while it waits for a pipe that is full; and what it does
 * at the exit of the process leaves out the chunk that it waits with (sonic-boom 4.2, `flush` and `flushSync`).
 */
async function flush(logger: Pino, end: number, clock: Clock): Promise<void> {
  await flushed(logger);
  const destination = destinationOf(logger);
  while (isWriting(destination) && clock.now() < end) {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
  }
}

function flushed(logger: Pino): Promise<void> | void {
  if (logger.flush.length === 0) return logger.flush();
  return new Promise((resolve, reject) => {
    logger.flush((error) => (error ? reject(error) : resolve()));
  });
}

/** Kept under a symbol, which children inherit (pino 7 to 10, lib/symbols.js `streamSym`). */
function destinationOf(logger: Pino): unknown {
  let holder: object | null = logger;
  while (holder) {
    const symbols = Object.getOwnPropertySymbols(holder);
    const symbol = symbols.find(({ description }) => description === 'pino.stream');
    if (symbol) return Reflect.get(holder, symbol);
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}

function isWriting(destination: unknown): boolean {
  return (
    typeof destination === 'object' &&
    destination !== null &&
    Reflect.get(destination, UNDER_WAY) === true &&
    Reflect.get(destination, 'destroyed') !== true
  );
}

function isPino(value: unknown): value is Pino {
  return hasMethods(value, 'flush', 'bindings', 'child', 'isLevelEnabled');
}
