/** What the specs use of `nats` 2 and of `@nats-io` 3. */
export interface Nats {
  readonly name: string;
  connect(options: { servers: string }): Promise<NatsConnection>;
  jetstream(connection: NatsConnection): JetStream;
  manager(connection: NatsConnection): Promise<JetStreamManager>;
}

export interface NatsMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  string(): string;
}

export interface JetStreamMessage extends NatsMessage {
  readonly redelivered: boolean;
  ack(): void;
  nak(): void;
}

export interface Subscription extends AsyncIterable<NatsMessage> {
  unsubscribe(): void;
}

export interface NatsConnection {
  publish(subject: string, data?: string): void;
  subscribe(
    subject: string,
    options?: { queue?: string; callback?: (error: unknown, message: NatsMessage) => unknown },
  ): Subscription;
  request(subject: string, data?: string, options?: { timeout: number }): Promise<NatsMessage>;
  flush(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
  isClosed(): boolean;
}

export interface Messages extends AsyncIterable<JetStreamMessage> {
  close(): Promise<unknown>;
  stop(): void;
}

export interface JetStream {
  publish(subject: string, data?: string): Promise<{ readonly seq: number }>;
  readonly consumers: {
    get(stream: string, consumer?: string | object): Promise<Consumer>;
  };
}

export interface Consumer {
  consume(options?: {
    callback?: (message: JetStreamMessage) => unknown;
    max_messages?: number;
  }): Promise<Messages>;
  fetch(options: { max_messages: number; expires: number }): Promise<Messages>;
  info(): Promise<{ readonly num_pending: number; readonly num_ack_pending: number }>;
}

export interface JetStreamManager {
  readonly streams: {
    add(config: object): Promise<unknown>;
    delete(name: string): Promise<boolean>;
  };
  readonly consumers: { add(stream: string, config: object): Promise<unknown> };
}

type Module = Record<string, (...args: never[]) => unknown>;

/** By a name that is not known to the compiler: each major of Nest has types of its own, or none. */
const load = async (name: string): Promise<Module> => (await import(name)) as Module;

async function withJetStream2(): Promise<Nats> {
  const { connect } = await load('nats');
  type Connection2 = NatsConnection & {
    jetstream(): JetStream;
    jetstreamManager(): Promise<JetStreamManager>;
  };
  return {
    name: 'nats 2',
    connect: connect as Nats['connect'],
    jetstream: (connection) => (connection as Connection2).jetstream(),
    manager: (connection) => (connection as Connection2).jetstreamManager(),
  };
}

async function withJetStream3(): Promise<Nats> {
  const { connect } = await load('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await load('@nats-io/jetstream');
  return {
    name: '@nats-io/jetstream 3',
    connect: connect as Nats['connect'],
    jetstream: jetstream as Nats['jetstream'],
    manager: jetstreamManager as Nats['manager'],
  };
}

export const NATS: readonly Nats[] = [await withJetStream2(), await withJetStream3()];
