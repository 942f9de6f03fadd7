import { types } from 'node:util';
import type {
  IntegrationHost,
  WorkCounter,
  WorkInFlight,
  WorkSource,
} from '../../engine/integration.js';
import { inRounds } from '../../time/rounds.js';
import { OperationSocket, type WebSocket } from './operation-socket.js';
import { isAsyncIterable, SubscriptionStream } from './subscription-stream.js';
import { settled } from '../../time/settled.js';

/** A `WebSocketServer` of `ws` 8. */
export interface WebSocketServer {
  prependListener(
    event: 'connection',
    listener: (socket: WebSocket, request: object) => void,
  ): unknown;
}

type Subscribe = (...args: unknown[]) => unknown;

/** A `GraphQLSchema` of graphql 16 and 17. */
export interface Schema {
  getSubscriptionType(): SubscriptionType | null | undefined;
}

interface SubscriptionType {
  getFields(): Record<string, { subscribe?: Subscribe }>;
}

/** The `info` of a resolver. */
interface ResolveInfo {
  readonly fieldName: string;
  readonly operation: { readonly name?: { readonly value: string } };
}

const PROTOCOLS = ['graphql-transport-ws', 'graphql-ws'];

/** The operations that come by WebSocket. They are served until the drain, as requests are. */
export class GraphqlSource implements WorkSource {
  readonly name = 'GraphQL sockets';
  readonly kind = 'message';
  readonly clock: IntegrationHost['clock'];
  readonly operations: WorkCounter;
  closing = false;
  private readonly cleanUps: WorkCounter;
  private readonly sockets = new Set<OperationSocket>();
  /** By the socket and by its request: what a context may hold of them. */
  private readonly socketOf = new WeakMap<object, OperationSocket>();
  /** Whose socket is not known. */
  readonly strays = new Set<SubscriptionStream>();
  private readonly watched = new WeakSet<Subscribe>();
  private readonly failures: unknown[] = [];

  constructor(host: IntegrationHost) {
    this.clock = host.clock;
    this.operations = host.counter();
    this.cleanUps = host.counter();
  }

  watch(servers: readonly WebSocketServer[], schema: Schema | undefined): void {
    for (const server of servers) {
      server.prependListener('connection', (socket, request) => this.opened(socket, request));
    }
    const fields = schema?.getSubscriptionType()?.getFields() ?? {};
    for (const field of Object.values(fields)) this.watchField(field);
  }

  stopTaking(): void {}

  inFlight(): readonly WorkInFlight[] {
    return [...this.operations.list(), ...this.cleanUps.list()];
  }

  begun(): number {
    return this.operations.begun + this.cleanUps.begun;
  }

  async finished(signal: AbortSignal, remainingMs: number): Promise<void> {
    this.closing = true;
    const leaving: Array<Promise<void>> = [];
    const rounds = { clock: this.clock, overMs: remainingMs / 2, signal };
    await inRounds(this.sockets, rounds, (socket) => leaving.push(socket.leave()));
    await settled(Promise.all(leaving), signal);
    await this.operations.idle(signal);
    await this.cleanUps.idle(signal);
    if (this.failures.length > 0 && !signal.aborted) throw this.failures[0];
  }

  async release(): Promise<void> {
    await Promise.all([...this.sockets].map((socket) => socket.cut()));
    for (const stream of this.strays) stream.cut();
  }

  gone(socket: OperationSocket): void {
    this.sockets.delete(socket);
  }

  private opened(socket: WebSocket, request: object): void {
    if (!PROTOCOLS.includes(socket.protocol)) return;
    const own = new OperationSocket(socket, this);
    this.sockets.add(own);
    this.socketOf.set(socket, own);
    this.socketOf.set(request, own);
    if (this.closing) void own.leave();
  }

  private watchField(field: { subscribe?: Subscribe }): void {
    const { subscribe } = field;
    if (!subscribe || this.watched.has(subscribe)) return;
    const follow = (events: unknown, context: unknown, info: unknown) =>
      isAsyncIterable(events) ? this.follow(events, context, info as ResolveInfo) : events;
    const watched: Subscribe = function (this: unknown, ...args) {
      const [, , context, info] = args;
      const events = subscribe.apply(this, args);
      if (!types.isPromise(events)) return follow(events, context, info);
      return events.then((settled) => follow(settled, context, info));
    };
    this.watched.add(watched);
    field.subscribe = watched;
  }

  private follow(events: AsyncIterable<unknown>, context: unknown, info: ResolveInfo) {
    const name = `subscription ${info.operation.name?.value ?? info.fieldName}`;
    const socket = this.find(context);
    const stream: SubscriptionStream = new SubscriptionStream(events, {
      clock: this.clock,
      closing: () => this.cleanUps.begin(name),
      failed: (error) => this.failures.push(error),
      over: () => {
        this.strays.delete(stream);
        socket?.forget(stream);
      },
    });
    if (socket) socket.add(stream);
    else this.strays.add(stream);
    return stream;
  }

  /** The socket of a resolver's context: Nest puts there what graphql-ws or Mercurius gave it, or its owner did. */
  private find(context: unknown): OperationSocket | undefined {
    try {
      const { req, request } = context as { req?: Holder; request?: Holder };
      const holders = [context as Holder, req, request].filter((holder) => holder !== undefined);
      const places = holders.flatMap((holder) => {
        const { raw, socket, extra } = holder;
        return [holder, raw, socket, extra?.socket, extra?.request];
      });
      return places.flatMap((place) => (place && this.socketOf.get(place)) ?? [])[0];
    } catch {
      return undefined; // a context with a will of its own
    }
  }
}

/** graphql-ws has the socket and its request in `extra`, Fastify the request in `raw`. */
interface Holder {
  readonly raw?: object;
  readonly socket?: object;
  readonly extra?: { readonly socket?: object; readonly request?: object };
}
