import type { ServerHttp2Stream } from 'node:http2';
import type { EventEmitter } from 'node:events';
import type {
  Http2Farewell,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { grpcHealthSource } from './grpc-health.js';
import { GrpcStreams } from './grpc-streams.js';
import { hasMethods } from '../kit/shape.js';
import type { RpcServer } from './rpc-server.js';
import { settled } from '../../time/settled.js';

/** `ServerGrpc` (microservices 11 and 12, `server/server-grpc.js`). */
interface GrpcServer extends RpcServer {
  readonly url?: string;
  readonly grpcClient?: GrpcJsServer | null;
  readonly options?: { readonly gracefulShutdown?: boolean };
  listen: (callback: (...args: unknown[]) => void) => unknown;
}

/** `Server` of `@grpc/grpc-js` 1.10 on. */
interface GrpcJsServer {
  readonly handlers: Map<string, object>;
  readonly http2Servers: ReadonlyMap<EventEmitter, unknown>;
  /** No new connection, no new call on those there are; calls back when the last connection is over. */
  tryShutdown(callback: (error?: Error) => void): void;
}

/** What `addService` of `@grpc/grpc-js` keeps for each method; read anew for each call. */
interface Handler {
  func: (call: unknown, ...rest: unknown[]) => unknown;
}

/** The code of HTTP/2 by which grpc-js cancels what is in flight (RFC 9113, section 7). */
const CANCEL = 8;

/** So many interceptors may stand around a call. */
const MOST_LAYERS = 100;

/** Calls that end when their caller wants: nobody waits for the answer. */
const ENDLESS = /^\/grpc\.(health|reflection)\./;

/** How long the last goodbyes may be under way before the server destroys its connections, in milliseconds. */
const LAST_GOODBYE_MS = 250;

/**
 * Its callers find it as they find HTTP, and learn as late that it leaves: it serves until the drain begins, while its
 * health service and a first GOAWAY say at T0 that it is about to go.
 */
export function grpcSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as GrpcServer;
  const calls = new CallCounter(host, server.options?.gracefulShutdown === true);
  const { grpcMethods } = host;
  const streams = new GrpcStreams(host.clock, (path) => grpcMethods?.lastsForever(path));
  const farewells: Http2Farewell[] = [];
  const serving = ({ grpcClient }: GrpcServer) => {
    if (!isGrpcJsServer(grpcClient)) return;
    for (const http2 of grpcClient.http2Servers.keys()) {
      calls.count(http2);
      const farewell = host.onHttp2Server?.(http2);
      if (farewell) farewells.push(farewell);
    }
    calls.knowHandlers(grpcClient.handlers);
    grpcMethods?.serverListens(grpcClient.handlers);
    streams.follow(grpcClient.handlers, (path) => !ENDLESS.test(path));
    const health = grpcHealthSource(grpcClient.handlers);
    if (health) host.add(health);
  };
  grpcMethods?.expectServer();
  onceListening(server, serving);
  return {
    name: `gRPC server ${server.url ?? ''}`.trim(),
    kind: 'message',
    stopTaking: () => farewells.forEach((farewell) => farewell.sayGoAway()),
    lastArrival: () => calls.lastArrival,
    inFlight: () => calls.list(),
    begun: () => calls.begun,
    async release() {
      streams.cut();
      const limit = new AbortController();
      const timer = host.clock.setTimeout(() => limit.abort(), LAST_GOODBYE_MS);
      await calls.idle(limit.signal);
      host.clock.clearTimeout(timer);
    },
    async finished(signal, remainingMs) {
      const { grpcClient } = server;
      if (!hasMethods(grpcClient, 'tryShutdown')) return;
      void streams.leave(signal, remainingMs);
      await settled(Promise.all(farewells.map((farewell) => farewell.leave())), signal);
      const closed = new Promise<void>((resolve) => grpcClient?.tryShutdown(() => resolve()));
      await calls.idle(signal);
      streams.forgetTimers();
      // Nest destroys what is still open, and with it what is not written.
      if (calls.endless === 0) await settled(closed, signal);
    },
  };
}

/** Counts calls from their first byte until their last has been handed to the connection. */
class CallCounter {
  /** Calls that are no work. */
  endless = 0;
  /** When a call that is work last arrived, on the clock. */
  lastArrival = 0;
  private readonly counter: WorkCounter;
  private readonly ends = new WeakMap<object, () => void>();
  private readonly clock: IntegrationHost['clock'];

  /** With `isWaitedFor` the server does not close before its calls are over. */
  constructor(
    host: IntegrationHost,
    private readonly isWaitedFor: boolean,
  ) {
    this.counter = host.counter();
    this.clock = host.clock;
  }

  list() {
    return this.counter.list();
  }

  get begun(): number {
    return this.counter.begun;
  }

  idle(signal: AbortSignal): Promise<void> {
    return this.counter.idle(signal);
  }

  count(http2: EventEmitter): void {
    // Before the server's own, which calls the handlers of some methods at once.
    http2.prependListener(
      'stream',
      (stream: ServerHttp2Stream, headers: Record<string, unknown>) => {
        const path = String(headers[':path']);
        if (ENDLESS.test(path)) {
          this.endless += 1;
          stream.once('close', () => (this.endless -= 1));
        } else {
          this.lastArrival = this.clock.now();
          // Nest's close would cancel it, unless it waits for it.
          const cancel = this.isWaitedFor ? undefined : () => stream.close(CANCEL);
          const end = this.counter.begin(path.slice(1), cancel);
          this.ends.set(stream, end);
          stream.once('close', end);
        }
      },
    );
  }

  /** What a handler does belongs to its call. */
  knowHandlers(handlers: ReadonlyMap<string, object>): void {
    for (const entry of handlers.values()) {
      const handler = entry as Handler;
      const { func } = handler;
      handler.func = (call, ...rest) => {
        const end = this.ends.get(streamOf(call) ?? {});
        return end ? this.counter.within(end, () => func(call, ...rest)) : func(call, ...rest);
      };
    }
  }
}

/** Not documented, under the interceptors of the call (grpc-js 1.10 to 1.14, `BaseServerInterceptingCall`). */
function streamOf(call: unknown): object | undefined {
  let layer = call as CallLayer | undefined;
  for (let depth = 0; layer && depth < MOST_LAYERS; depth += 1) {
    if (layer.stream) return layer.stream;
    layer = layer.call ?? layer.nextCall;
  }
  return undefined;
}

interface CallLayer {
  readonly call?: CallLayer;
  readonly nextCall?: CallLayer;
  readonly stream?: object;
}

function onceListening(server: GrpcServer, callback: (server: GrpcServer) => void): void {
  // In a hybrid application it may listen before the application is initialised.
  if (server.grpcClient) return callback(server);
  const { listen } = server;
  server.listen = (done) =>
    listen.call(server, (...args) => {
      callback(server);
      done(...args);
    });
}

function isGrpcJsServer(server: unknown): server is GrpcJsServer {
  const { handlers, http2Servers } = (server ?? {}) as Partial<GrpcJsServer>;
  return handlers instanceof Map && http2Servers instanceof Map;
}
