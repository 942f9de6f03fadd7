import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Server } from 'node:http';
import { types } from 'node:util';
import type { Observable } from 'rxjs';
import { finalize } from 'rxjs/operators'; // not 'rxjs', which has it only since 7.2
import type { GatewayObserver } from '../engine/integration.js';

type Call = (...args: unknown[]) => unknown;
type Transform = (result: unknown) => Observable<unknown>;

interface MessageHandler {
  readonly message: unknown;
  readonly callback: Call;
}

/** `WebSocketAdapter` of Nest 11 and 12, as far as it is used. */
interface Adapter {
  create(port: number, options?: unknown): object;
  close(server: object): unknown;
  bindMessageHandlers(
    client: object,
    handlers: MessageHandler[],
    transform: Transform,
    ...rest: unknown[]
  ): unknown;
}

/** What adapters that extend `AbstractWsAdapter` have, and `WsAdapter` for paths on a port of their own. */
interface AdapterFields {
  readonly httpServer?: unknown;
  readonly httpServersRegistry?: Map<number, Server>;
}

/** A server of socket.io has its HTTP server as `httpServer`, one of `ws` as `_server`. */
interface ServerFields {
  readonly httpServer?: Server;
  readonly _server?: Server;
}

/** `GATEWAY_METADATA` of @nestjs/websockets 11 and 12. */
const IS_GATEWAY = 'websockets:is_gateway';
const HOOKS = ['handleConnection', 'handleDisconnect'] as const;

/**
 * Stands between Nest and its WebSocket adapter, whichever that is: the default one and that of
 * `useWebSocketAdapter()` both go through `ApplicationConfig.setIoAdapter()`, before the first gateway is connected.
 */
export class Gateways {
  private observer?: GatewayObserver;
  private readonly servers: object[] = [];
  private readonly listeners = new Set<Server>();
  private onListener: (listener: Server) => void = () => undefined;
  private aroundClose: (close: () => Promise<void>) => Promise<void> = (close) => close();
  /** Clients that came before anybody observed: gateways with a port of their own listen before the application does. */
  private early: object[] = [];
  private readonly watched = new WeakSet<object>();

  constructor(
    private readonly modules: ModulesContainer,
    config: ApplicationConfig,
  ) {
    const setIoAdapter = config.setIoAdapter.bind(config);
    config.setIoAdapter = (adapter) => {
      this.watch(adapter as Adapter);
      setIoAdapter(adapter);
    };
    const adapter = config.getIoAdapter() as Adapter | null | undefined;
    if (adapter) this.watch(adapter);
  }

  /** From now on, and of what is there already. */
  observe(observer: GatewayObserver): void {
    this.observer = observer;
    for (const server of this.servers) observer.serving(server);
    for (const client of this.early.splice(0)) observer.connected(client);
  }

  /** Calls back with each HTTP server that gateways have for themselves, those that are there and those that come. */
  onOwnListener(callback: (listener: Server) => void): void {
    this.onListener = callback;
    this.listeners.forEach(callback);
  }

  /** Puts a function around the adapter's `close()`, which Nest calls for each server before it closes that of HTTP. */
  wrapServerClose(wrapper: (close: () => Promise<void>) => Promise<void>): void {
    this.aroundClose = wrapper;
  }

  private watch(adapter: Adapter): void {
    if (this.watched.has(adapter)) return;
    this.watched.add(adapter);
    this.watchHooks();
    const create = adapter.create.bind(adapter);
    const bindMessageHandlers = adapter.bindMessageHandlers.bind(adapter);
    const close = adapter.close.bind(adapter);
    adapter.close = (server) =>
      this.aroundClose(async () => {
        await close(server);
      });
    adapter.create = (...args) => {
      const server = create(...args);
      this.created(server, adapter);
      return server;
    };
    adapter.bindMessageHandlers = (client, handlers, transform, ...rest) => {
      if (this.observer) this.observer.connected(client);
      else this.early.push(client);
      const replies = new Replies();
      const watched = handlers.map((handler) => this.watchHandler(client, handler, replies));
      return bindMessageHandlers(client, watched, replies.counting(transform), ...rest);
    };
  }

  private created(server: object, adapter: Adapter): void {
    if (!this.servers.includes(server)) {
      this.servers.push(server);
      this.observer?.serving(server);
    }
    const { httpServer: shared, httpServersRegistry } = adapter as AdapterFields;
    const { httpServer, _server } = server as ServerFields;
    for (const listener of [httpServer, _server, ...(httpServersRegistry?.values() ?? [])]) {
      if (!isHttp1(listener) || listener === shared || this.listeners.has(listener)) continue;
      this.listeners.add(listener);
      this.onListener(listener);
    }
  }

  private watchHandler(client: object, handler: MessageHandler, replies: Replies): MessageHandler {
    const { callback, message } = handler;
    const name = typeof message === 'string' ? message : JSON.stringify(message);
    const observer = () => this.observer;
    const counting: Call = function (this: unknown, ...args) {
      const told = observer();
      // Nobody observes: there is nobody who would have to know of the end.
      if (!told) return callback.apply(this, args);
      let over: () => void = () => undefined;
      const run = (end: () => void) => {
        over = end;
        return callback.apply(this, args);
      };
      return replies.count(
        () => over(),
        () => told.handle(client, name, run),
      );
    };
    return { ...handler, callback: counting };
  }

  /** Nest 12 takes the hooks from the gateways as it connects them, so this is before that. */
  private watchHooks(): void {
    for (const { providers } of this.modules.values()) {
      for (const { instance, metatype } of providers.values()) {
        if (!instance || !metatype || !Reflect.hasMetadata(IS_GATEWAY, metatype)) continue;
        for (const name of HOOKS) this.watchHook(instance, name);
      }
    }
  }

  private watchHook(gateway: object, name: string): void {
    const hook: unknown = Reflect.get(gateway, name);
    if (typeof hook !== 'function' || this.watched.has(hook)) return;
    const label = `${gateway.constructor?.name}.${name}`;
    const run = (call: Call) => (this.observer ? this.observer.run(label, call) : call());
    const watched: Call = function (this: unknown, ...args) {
      return run(() => hook.apply(this, args) as unknown);
    };
    this.watched.add(watched);
    Reflect.set(gateway, name, watched);
  }
}

/** The messages of one client, each from the call of its handler until the last of its replies. */
class Replies {
  /** Adapters of Nest ask for the replies right after the call, so nearly all that is ever pending is this. */
  private last?: { readonly result: object; readonly message: Message };
  /** Results that were not asked for the replies before the next message came. */
  private readonly pending = new WeakMap<object, Message>();

  /** Calls a handler, which is a promise in Nest; what follows from its result is counted by `counting`. */
  count(end: () => void, handle: () => unknown): unknown {
    const message = new Message(end);
    let result: unknown;
    try {
      result = handle();
    } finally {
      if (!types.isPromise(result)) message.partEnds();
    }
    if (!types.isPromise(result)) return result;
    if (this.last) this.pending.set(this.last.result, this.last.message);
    this.last = { result, message };
    const handled = () => message.partEnds();
    // The adapter awaits the same promise, and deals with its failure.
    result.then(handled, handled);
    return result;
  }

  /** Nest's way from the result of a handler to its replies: an observable, over when they are sent. */
  counting(transform: Transform): Transform {
    return (result) => {
      const message = this.messageOf(result);
      if (!message) return transform(result);
      let held = true;
      message.partBegins();
      const release = () => {
        if (held) message.partEnds();
        held = false;
      };
      return transform(result).pipe(finalize(release));
    };
  }

  private messageOf(result: unknown): Message | undefined {
    const { last } = this;
    if (!last || last.result !== result) return this.pending.get(result as object);
    this.last = undefined;
    return last.message;
  }
}

/** One message: its handler, and the replies of each who asks for them. */
class Message {
  private parts = 1;

  constructor(private readonly end: () => void) {}

  partBegins(): void {
    this.parts += 1;
  }

  partEnds(): void {
    this.parts -= 1;
    if (this.parts === 0) this.end();
  }
}

function isHttp1(server: unknown): server is Server {
  return typeof (server as Server | undefined)?.closeIdleConnections === 'function';
}
