import { hasMethods } from '../kit/shape.js';

/** `Connection` of amqplib 0.8 to 2 (`lib/connection.js`), which both of its APIs are made of. */
export interface Connection {
  /** The first is the connection's own; one that has closed is `null`. */
  readonly channels: ReadonlyArray<{ readonly channel: unknown } | null | undefined>;
  /** Every channel comes through it, when it opens. */
  freshChannel(channel: unknown, options?: unknown): unknown;
  /** Overtakes what its channels have not written yet. */
  close(callback?: (error: unknown) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export type OnMessage = (message: Message | null) => unknown;

export interface Message {
  readonly fields: {
    readonly consumerTag: string;
    readonly deliveryTag: number;
    readonly exchange?: string;
    readonly routingKey?: string;
  };
}

export interface ConsumeOptions {
  readonly noAck?: boolean;
  readonly exclusive?: boolean;
  readonly consumerTag?: string;
}

/** A channel, of the API with promises or of that with callbacks: one returns a promise, the other calls its last argument. */
export interface Channel {
  readonly connection: Connection;
  readonly consumers: ReadonlyMap<string, OnMessage>;
  consume(queue: string, call: OnMessage, options?: ConsumeOptions, done?: Done): unknown;
  /** The broker's answer comes after the last message that is ours. To cancel nobody is no error. */
  cancel(consumerTag: string, done?: Done): unknown;
  close(done?: Done): unknown;
  assertQueue(queue: string, options?: QueueOptions, ...rest: unknown[]): unknown;
  ack(message: Message, allUpTo?: boolean): void;
  ackAll(): void;
  nack(message: Message, allUpTo?: boolean, requeue?: boolean): void;
  nackAll(requeue?: boolean): void;
  reject(message: Message, requeue?: boolean): void;
  once(event: 'close', listener: () => void): unknown;
  /** Called in the turn in which the broker has said that it consumes. */
  registerConsumer(tag: string, call: OnMessage): void;
  unregisterConsumer(tag: string): void;
  dispatchMessage(fields: Message['fields'], message: Message | null): unknown;
  sendMessage(fields: unknown, properties: unknown, content: unknown): unknown;
}

export interface QueueOptions {
  readonly exclusive?: boolean;
  readonly autoDelete?: boolean;
}

export type Done = (error: Error | null, ok?: unknown) => void;

/** One that connects again by itself: of amqp-connection-manager, or amqplib with `recovery`. */
interface Reconnecting {
  readonly _currentConnection?: unknown;
  readonly _core?: Readonly<Record<typeof MODEL, unknown>>;
  /** Of a channel of amqp-connection-manager. */
  readonly _connectionManager?: unknown;
}

const MODEL = '_model';

export function isConnection(object: unknown): object is Connection {
  if (!hasMethods(object, 'freshChannel', 'sendMethod', 'close')) return false;
  return Array.isArray((object as Partial<Connection>).channels);
}

export function isChannel(object: unknown): object is Channel {
  const methods = ['consume', 'cancel', 'dispatchMessage', 'registerConsumer', 'sendMessage'];
  return hasMethods(object, ...methods) && (object as Partial<Channel>).consumers instanceof Map;
}

/** What leads to a connection: the model of one of the APIs, a channel, or what connects again. */
export function leadsToConnection(object: object): object is object {
  return (
    isConnection(object) ||
    isChannel(object) ||
    hasMethods(object, 'createChannel', 'close', 'on') ||
    hasMethods(object, 'addSetup', 'waitForConnect', 'ack')
  );
}

/** Whether its connection stays the same. */
export function isConnected(object: object): boolean {
  return isConnection(object) || isConnection((object as Partial<Channel>).connection);
}

/** The connection of it, if it is connected now. */
export function connectionOf(object: unknown): Connection | undefined {
  if (object === undefined || object === null) return undefined;
  if (isConnection(object)) return object;
  const { connection } = object as Partial<Channel>;
  if (isConnection(connection)) return connection;
  const { _currentConnection, _core, _connectionManager } = object as Reconnecting;
  const inner = _connectionManager ?? _currentConnection ?? _core?.[MODEL];
  return inner === object ? undefined : connectionOf(inner);
}

/** Calls a method of either API; resolves when it has been answered. */
export function answered(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const result = call((error, ok) => (error ? reject(error) : resolve(ok)));
    if (result instanceof Promise) result.then(resolve, reject);
  });
}
