import type { Clock } from '../time/clock.js';

/** One piece of work that a source is doing now. */
export interface WorkInFlight {
  /** What it is, such as `job mail:welcome`; no contents. */
  readonly name: string;
  /** How long it has been running, in milliseconds. */
  readonly ageMs?: number;
}

/**
 * A source of work besides HTTP: something that fetches or is sent work, and runs it in this process. A shutdown calls
 * `stopTaking` at T0, waits for `finished` in the phase `drain`, and calls `release` at its deadline. Closing the
 * connection is never its business: that is the hook of whoever opened it, later.
 */
export interface WorkSource {
  /** For the log and the report, such as `BullMQ worker mail`. */
  readonly name: string;
  /**
   * What its work is called in the report. `work` is begun inside the application, by a listener or a handler: it is over
   * only when what may begin it is over, too.
   */
  readonly kind: 'message' | 'job' | 'work';
  /** No new work from now on. What is running goes on. Called once, unless `takeAgain` was called in between. */
  stopTaking(): unknown;
  /** The undo of `stopTaking`, for `Graceful.resume()`. A source without it goes on working while `drain()` lasts. */
  takeAgain?(): unknown;
  /**
   * Only for a server that clients find as they find HTTP, through a load balancer that learns late: it serves while the
   * phase `propagate` lasts, and that phase lasts until it is quiet. When something last arrived, on the clock.
   */
  lastArrival?(): number;
  /** What is running now. */
  inFlight(): readonly WorkInFlight[];
  /** How many pieces have begun so far, such as `counter.begun`: the report tells those since the shutdown began. */
  begun?(): number;
  /**
   * Resolves when nothing is running and everything about it is told (replies sent, messages acknowledged), or at the
   * abort. That comes in `remainingMs` milliseconds, or earlier; a source that has much to tell can spread it.
   */
  finished(signal: AbortSignal, remainingMs: number): Promise<void>;
  /** Tells what is running to come to an end soon, before the deadline, for `earlyAbort`. What it can't tell goes on. */
  abort?(): unknown;
  /**
   * The deadline is over: gives back what could not finish, so that somebody else gets it, without waiting long. May
   * return how many went back, or a promise of that, for the report.
   */
  release?(): unknown;
}

/** Counts pieces of work as they begin and end: what most sources are made of. */
export interface WorkCounter {
  readonly count: number;
  /** How many have begun so far. */
  readonly begun: number;
  /**
   * Returns what to call at its end; calling it again is harmless. A name may be made when a report asks for it. Give
   * `stepsAside` where closing the library does not wait for its work: when a piece awaits the shutdown and nothing else is
   * in flight, it is waited for no longer, and this is called.
   */
  begin(name: string | (() => string), stepsAside?: () => void): () => void;
  /**
   * Calls the code of a piece of work that has begun, given what `begin` returned for it: a handler that awaits the
   * shutdown that waits for it is known by that. Say `inside` of what other work may have begun and await.
   */
  within<T>(end: () => void, call: () => T, begun?: 'inside' | 'outside'): T;
  /** The oldest first. */
  list(): WorkInFlight[];
  /** Resolves when nothing is running any more, also nothing that what has just ended began; or at the abort. */
  idle(signal: AbortSignal): Promise<void>;
}

/** An object in the application's container. */
export interface ProvidedObject {
  readonly object: object;
  /** The tokens and classes it goes by. */
  readonly names: ReadonlySet<unknown>;
  /** The name of its class; empty for a plain object. */
  readonly className: string;
  /** The class name of the module it is in. */
  readonly module: string;
}

/** Told of what goes on at the WebSocket gateways of an application. */
export interface GatewayObserver {
  /** A server that gateways use: of `ws`, of socket.io, or a namespace of that. */
  serving(server: object): void;
  /** A client that a gateway listens to; once for each gateway. */
  connected(client: object): void;
  /** A message has come: has it handled, with what to call when its replies are sent; or not, if it must not be. */
  handle(client: object, message: string, handler: (end: () => void) => unknown): unknown;
  /** Runs `handleConnection` or `handleDisconnect` of a gateway. */
  run(name: string, hook: () => unknown): unknown;
}

/** The sessions of an HTTP/2 server, which leave in the two steps of RFC 9113 section 6.8. */
export interface Http2Farewell {
  /** The first: clients go elsewhere, and what they send is still served. Not with TLS, where nobody gets in between. */
  sayGoAway(): void;
  /** The second, after a round trip; nobody can connect from then on, and streams finish. Resolves when it is done. */
  leave(): Promise<void>;
}

/** What the options say of gRPC methods whose answer is a stream, and which servers there are to answer them. */
export interface GrpcMethods {
  /** Whether streams of this method (`/package.Service/Method`) last for ever, or end; undefined when nothing is said. */
  lastsForever(path: string): boolean | undefined;
  /** There is a server, which is going to listen. */
  expectServer(): void;
  /** It listens, and has these handlers. */
  serverListens(handlers: ReadonlyMap<string, object>): void;
}

/** What an integration may look at, and where it puts what it finds. */
export interface IntegrationHost {
  /** Every object of the container; each is there, and initialised unless the integration is an early one. */
  objects(): Iterable<ProvidedObject>;
  /**
   * Calls back when it is time to look once more at what `objects()` have in their properties: when they are initialised,
   * when the application has bootstrapped, and as a drain or a shutdown begins, before the sources are stopped. A source
   * that is added then takes part.
   */
  onLook?(callback: () => void): void;
  /** Calls back with each server of a microservice, those that are there and those that come. */
  onRpcServer(callback: (server: object) => void): void;
  /** Tells of what goes on at WebSocket gateways, also of those that were there before. For one observer. */
  onGateways?(observer: GatewayObserver): void;
  /** Follows the sessions of an HTTP/2 server that does not answer HTTP, from now on. */
  onHttp2Server?(server: object): Http2Farewell;
  /** During a drain: somebody waits for its end, such as the code that has called `app.close()`. */
  readonly hurry?: boolean;
  /** A client's connection that is older is told to come again, in milliseconds; 0 leaves connections alone. */
  readonly maxConnectionAgeMs?: number;
  /** What the options say of gRPC. */
  readonly grpcMethods?: GrpcMethods;
  /** A source that takes part in the shutdown from now on. */
  add(source: WorkSource): void;
  /** A counter of its own for each source. */
  counter(): WorkCounter;
  /** Resolves when nothing holds connections open any more: at once, unless a shutdown is draining. */
  drained(): Promise<void>;
  /** All time goes through it, so that tests run on virtual time. */
  readonly clock: Clock;
}

/**
 * Support for one library: finds its objects by their exact shape, without importing it, and costs nothing when there
 * are none. Give your own to `forRoot({ integrations: [...] })`.
 */
export interface Integration {
  readonly name: string;
  /**
   * Whether `attach` is called when the container has its objects, before the first of their init hooks and before a
   * microservice listens: for what may have work as early as that. Default `false`: after the last `onModuleInit`.
   */
  readonly early?: boolean;
  /** Looks for sources, once, before the application serves. What it throws fails the boot. */
  attach(host: IntegrationHost): void;
}
