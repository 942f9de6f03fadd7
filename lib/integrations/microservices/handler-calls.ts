import { isObservable, Observable } from 'rxjs';
import { finalize } from 'rxjs/operators'; // not 'rxjs', which has it only since 7.2
import { hasMethods } from '../kit/shape.js';
import type { IntegrationHost, WorkCounter, WorkSource } from '../../engine/integration.js';
import { isBeingHandled } from './message-counter.js';
import { setImmediate } from '../../time/real-timers.js';

/** What Nest registers for a pattern: it reads and writes properties of it, such as `isEventHandler`, `extras` and `next`. */
type Handler = (...args: unknown[]) => unknown;

/** What every strategy has in the end: Nest hands its handlers over with it. */
interface Strategy {
  addHandler: (pattern: unknown, handler: Handler, ...rest: unknown[]) => unknown;
  readonly messageHandlers?: unknown;
}

/** Nest's own servers extend `Server`, and nothing extends them. */
const PROTOTYPES_OF_NEST = 2;

/** Whether its class is the user's, so that it may call its handlers in ways of its own. */
export function isOfUser(server: object): boolean {
  let depth = 0;
  let prototype: unknown = Object.getPrototypeOf(server);
  while (prototype && prototype !== Object.prototype) {
    depth += 1;
    prototype = Object.getPrototypeOf(prototype);
  }
  return depth > PROTOTYPES_OF_NEST;
}

/**
 * Counts the calls of a server's handlers, whoever makes them. A strategy as Nest's documentation writes it takes the
 * handler out of `messageHandlers` and calls it: no hook and no method of `Server` sees that.
 *
 * A call lasts until its promise has settled, and until the observable that it gives is over. What the counter of the
 * server's own hooks has counted already is not counted twice.
 */
export class HandlerCalls {
  private readonly named: WorkCounter;
  /** What somebody else names in the report. */
  private readonly unnamed: WorkCounter;
  private readonly proxies = new WeakMap<Handler, Handler>();
  private readonly originals = new WeakMap<Handler, Handler>();

  constructor(strategy: object, host: IntegrationHost) {
    this.named = host.counter();
    this.unnamed = host.counter();
    if (!hasMethods(strategy, 'addHandler')) return;
    const server = strategy as Strategy;
    const { addHandler, messageHandlers } = server;
    server.addHandler = (pattern, handler, ...rest) =>
      addHandler.call(server, pattern, this.watch(pattern, handler), ...rest);
    if (!(messageHandlers instanceof Map)) return;
    for (const [pattern, handler] of messageHandlers as Map<unknown, Handler>) {
      messageHandlers.set(pattern, this.watch(pattern, handler));
    }
  }

  /** The source, which is then over only when these calls are, too. */
  partOf(source: WorkSource): WorkSource {
    const inFlight = () => [...source.inFlight(), ...this.named.list()];
    return {
      ...source,
      inFlight,
      begun: () => (source.begun?.() ?? 0) + this.named.begun,
      finished: async (signal, remainingMs) => {
        do {
          await source.finished(signal, remainingMs);
          await this.named.idle(signal);
          await this.unnamed.idle(signal);
        } while (!signal.aborted && inFlight().length > 0);
      },
    };
  }

  /** A proxy, so that what Nest and the strategy keep on a handler is on the handler itself. */
  private watch(pattern: unknown, handler: Handler): Handler {
    if (typeof handler !== 'function' || this.originals.has(handler)) return handler;
    const known = this.proxies.get(handler);
    if (known) return known;
    const name = nameOf(pattern);
    const proxy: Handler = new Proxy(handler, {
      apply: (target, self, args: unknown[]) =>
        this.call(name, () => target.apply(self, args), args),
      // Nest chains the handlers of one event by `next`, and calls the next one from within the first: that is one message,
      // so the handler itself knows only what is not counted. A strategy that walks the chain calls each.
      set: (target, key, value) =>
        Reflect.set(target, key, key === 'next' ? this.own(value) : value),
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        return key === 'next' ? this.watch(pattern, value as Handler) : value;
      },
    });
    this.proxies.set(handler, proxy);
    this.originals.set(proxy, handler);
    return proxy;
  }

  private own(handler: Handler): Handler {
    return this.originals.get(handler) ?? handler;
  }

  private call(name: string, run: () => unknown, args: readonly unknown[]): unknown {
    const counter = args.some((arg) => isBeingHandled(arg)) ? this.unnamed : this.named;
    const begin = () => counter.begin(name);
    const subscribe = <T>(end: () => void, source: () => T) =>
      counter.within(end, source, 'inside');
    const end = begin();
    let result: unknown;
    try {
      result = subscribe(end, run);
    } catch (error) {
      end();
      throw error;
    }
    if (isObservable(result)) return counting(result, { begin, subscribe }, end);
    if (!isPromiseLike(result)) {
      end();
      return result;
    }
    return result.then(
      (value) => {
        if (isObservable(value)) return counting(value, { begin, subscribe }, end);
        end();
        return value;
      },
      (error: unknown) => {
        end();
        throw error;
      },
    );
  }
}

/** How an observable is counted. */
interface Counting {
  readonly begin: () => () => void;
  /** Subscribes to it. */
  readonly subscribe: <T>(end: () => void, source: () => T) => T;
}

/** It begins anew with whoever subscribes, which may take a turn of the event loop; nobody has to. */
function counting<T>(
  observable: Observable<T>,
  { begin, subscribe }: Counting,
  returned: () => void,
): Observable<T> {
  setImmediate(() => setImmediate(returned));
  return new Observable<T>((subscriber) => {
    const over = begin();
    returned();
    return subscribe(over, () => observable.pipe(finalize(over)).subscribe(subscriber));
  });
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return hasMethods(value, 'then');
}

function nameOf(pattern: unknown): string {
  if (typeof pattern === 'string') return pattern;
  try {
    return JSON.stringify(pattern) ?? 'message';
  } catch {
    return 'message';
  }
}
