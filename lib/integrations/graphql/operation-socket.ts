import { types } from 'node:util';
import type { Clock } from '../../time/clock.js';
import type { WorkCounter } from '../../engine/integration.js';
import { operationName, type OperationPayload } from './operation-name.js';
import type { SubscriptionStream } from './subscription-stream.js';

/** "Service Restart": clients of graphql-transport-ws connect again, and take up what was not completed. */
const SERVICE_RESTART = 1012;
/** A client that does not answer our close frame within this, in milliseconds, is cut. */
const GOODBYE_MS = 1_000;
const LAST_GOODBYE_MS = 250;

/** A socket of `ws` 8. */
export interface WebSocket {
  readonly protocol: string;
  emit(event: string, ...args: unknown[]): boolean;
  send(data: unknown, ...rest: unknown[]): void;
  rawListeners(event: string): unknown[];
  once(event: 'close', listener: () => void): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
}

interface Operation {
  readonly id: unknown;
  readonly isSubscription: boolean;
  /** Nobody but the protocol says when it is over. */
  unobserved: boolean;
  readonly end: () => void;
}

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: OperationPayload;
}

export interface SocketOwner {
  readonly clock: Clock;
  readonly operations: WorkCounter;
  /** No operation begins any more. */
  readonly closing: boolean;
  /** Subscriptions whose socket is not known: each may be on this one. */
  readonly strays: ReadonlySet<SubscriptionStream>;
  gone(socket: OperationSocket): void;
}

/** One client, and the operations it has begun: by `graphql-transport-ws`, or by the older `graphql-ws`. */
export class OperationSocket {
  private readonly streams = new Set<SubscriptionStream>();
  private readonly running = new Set<Operation>();
  private left?: Promise<void>;
  private closed = false;
  private readonly close: Promise<void>;
  private idle?: () => void;

  constructor(
    private readonly socket: WebSocket,
    private readonly owner: SocketOwner,
  ) {
    this.close = new Promise((resolve) => {
      socket.once('close', () => {
        this.closed = true;
        resolve();
        for (const stream of this.streams) stream.cut();
        for (const operation of this.running) if (operation.unobserved) operation.end();
        this.check();
      });
    });
    const emit = socket.emit.bind(socket);
    socket.emit = (event, ...args) =>
      event === 'message' ? this.received(emit, args) : emit(event, ...args);
  }

  add(stream: SubscriptionStream): void {
    this.streams.add(stream);
    this.check();
  }

  forget(stream: SubscriptionStream): void {
    this.streams.delete(stream);
    this.check();
  }

  /**
   * Lets its queries and mutations finish, and closes it. Its subscriptions go on until then; they are not completed, so
   * that the client asks the next server for them.
   */
  leave(): Promise<void> {
    this.left ??= this.finish();
    return this.left;
  }

  /** Closes it now. */
  async cut(): Promise<void> {
    await this.sayGoodbye(LAST_GOODBYE_MS);
  }

  private async finish(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => (this.idle = resolve));
    const streams = [...this.streams, ...this.owner.strays];
    await Promise.all(streams.map((stream) => stream.settle()));
    await this.sayGoodbye(GOODBYE_MS);
  }

  /** Whether an operation runs that ends by itself. One whose kind cannot be told may be that of a stream. */
  private get isBusy(): boolean {
    const subscriptions = [...this.running].filter(({ isSubscription }) => isSubscription).length;
    return this.running.size > Math.max(subscriptions, this.streams.size);
  }

  private async sayGoodbye(ms: number): Promise<void> {
    if (this.closed) return;
    const { clock } = this.owner;
    for (const stream of this.streams) stream.hold();
    this.socket.close(SERVICE_RESTART, 'Service Restart');
    const timer = clock.setTimeout(() => this.socket.terminate(), ms);
    await this.close;
    clock.clearTimeout(timer);
  }

  private received(emit: WebSocket['emit'], args: unknown[]): boolean {
    const { type, id, payload } = parse(args[0]);
    const begins = type === 'subscribe' || type === 'start';
    // Not answered: what was not completed before its socket closes is for the next server.
    if (begins && this.owner.closing) {
      void this.leave();
      return true;
    }
    if (!begins) {
      if (type === 'complete' || type === 'stop') this.over(id);
      return emit('message', ...args);
    }
    const counted = this.owner.operations.begin(operationName(payload));
    const operation = this.begin(id, operationName(payload), counted);
    // graphql-ws is done with an operation when its listener is; of others only the protocol tells.
    const listeners = this.socket.rawListeners('message') as Array<(...args: unknown[]) => unknown>;
    const runs = this.owner.operations.within(counted, () =>
      listeners.map((listener) => listener.apply(this.socket, args)),
    );
    const observed = runs.filter((run) => types.isPromise(run));
    if (observed.length > 0) {
      operation.unobserved = false;
      void Promise.allSettled(observed).then(operation.end);
    } else {
      this.watchAnswers();
    }
    return true;
  }

  private begin(id: unknown, name: string, counted: () => void): Operation {
    const operation: Operation = {
      id,
      isSubscription: name.startsWith('subscription'),
      unobserved: true,
      end: () => {
        counted();
        this.running.delete(operation);
        this.check();
      },
    };
    this.running.add(operation);
    return operation;
  }

  private watchAnswers(): void {
    if (Object.hasOwn(this.socket, 'send')) return;
    const { socket } = this;
    const send = socket.send.bind(socket);
    socket.send = (data, ...rest) => {
      send(data, ...rest);
      if (typeof data !== 'string' || !/"type":"(complete|error)"/.test(data)) return;
      const { type, id } = parse(data);
      if (type === 'complete' || type === 'error') this.over(id);
    };
  }

  private over(id: unknown): void {
    for (const operation of this.running) {
      if (operation.unobserved && operation.id === id) operation.end();
    }
  }

  private check(): void {
    if (!this.isBusy) this.idle?.();
    if (this.closed && this.running.size === 0 && this.streams.size === 0) this.owner.gone(this);
  }
}

function parse(data: unknown): Message {
  try {
    return (JSON.parse(String(data)) ?? {}) as Message;
  } catch {
    return {}; // the library has an answer to it
  }
}
