import { hasMethods } from './kit/shape.js';
import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../engine/integration.js';
import { settled } from '../time/settled.js';

/** `AmqpConnection` of `@golevelup/nestjs-rabbitmq` 9 (`lib/amqp/connection.js`). */
interface Connection {
  readonly configuration: { readonly name: string };
  /** Of all consumers there ever were; those of a connection that was lost stay in it. */
  readonly consumerTags: readonly string[];
  /** What `close()` waits for, without a limit. */
  readonly outstandingMessageProcessing: ReadonlySet<Promise<unknown>>;
  getConsumer(tag: string): Consumer | undefined;
  registerConsumerForQueue(consumer: Consumer): void;
  /** Called once for each consumer; what it returns is called with each message. */
  wrapConsumer(consumer: OnMessage): OnMessage;
  /** Resolves after the last message that is ours. */
  cancelConsumer(tag: string): Promise<void>;
  resumeConsumer(tag: string): Promise<unknown>;
}

interface Consumer {
  /** Of amqplib: it knows who consumes. */
  readonly channel?: { readonly consumers?: ReadonlyMap<string, unknown> };
  readonly msgOptions?: { readonly queueOptions?: { readonly autoDelete?: boolean } };
}

type OnMessage = (message: Message | null) => unknown;

interface Message {
  readonly fields: { readonly exchange: string; readonly routingKey: string };
}

/** What a (re)connected channel calls to consume. */
const SETUPS = [
  'setupSubscriberChannel',
  'setupBatchSubscriberChannel',
  'setupRpcChannel',
] as const;

type Setup = (...args: unknown[]) => Promise<unknown>;

/**
 * Connections of `@golevelup/nestjs-rabbitmq`: consumers are cancelled at T0, and what they have is finished and
 * acknowledged. What could not be, the broker takes back when the connection's owner closes it.
 */
export const golevelupRabbitmq: Integration = {
  name: '@golevelup/nestjs-rabbitmq',
  attach(host: IntegrationHost): void {
    for (const { object } of host.objects()) {
      if (isConnection(object)) host.add(new ConnectionSource(object, host.counter()));
    }
  },
};

class ConnectionSource implements WorkSource {
  readonly name: string;
  readonly kind = 'message';
  takeAgain?: () => Promise<void>;
  private readonly running = new Set<() => void>();
  /** What we have cancelled; it consumes again when we take again. */
  private readonly cancelled = new Set<string>();
  private readonly methods: Pick<Connection, 'cancelConsumer' | 'resumeConsumer'>;
  private stopped = false;
  private setUpAgain?: () => Promise<unknown>;

  constructor(
    private readonly connection: Connection,
    private readonly messages: WorkCounter,
  ) {
    this.name = `RabbitMQ connection ${connection.configuration.name}`;
    this.takeAgain = () => this.resume();
    this.methods = {
      cancelConsumer: connection.cancelConsumer.bind(connection),
      resumeConsumer: connection.resumeConsumer.bind(connection),
    };
    this.watchWishes();
    this.watchMessages();
    this.watchConsumers();
  }

  async stopTaking(): Promise<void> {
    const { connection, cancelled, methods } = this;
    this.stopped = true;
    this.setUpAgain = holdSetups(connection);
    cancelled.clear();
    for (const tag of connection.consumerTags) if (consumes(connection, tag)) cancelled.add(tag);
    // Of a channel that is gone nothing comes any more.
    await Promise.allSettled([...cancelled].map((tag) => methods.cancelConsumer(tag)));
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.messages.idle(signal);
    // Also those of consumers that were there before this source was.
    const rest = Promise.allSettled(this.connection.outstandingMessageProcessing);
    await settled(rest, signal);
  }

  /** `close()` would wait for them, and the broker takes them back only then. */
  release(): void {
    for (const letGo of this.running) letGo();
  }

  private async resume(): Promise<void> {
    const { cancelled, methods } = this;
    this.stopped = false;
    await this.setUpAgain?.();
    // Those of a connection that was lost meanwhile reject: they were set up again.
    await Promise.allSettled([...cancelled].map((tag) => methods.resumeConsumer(tag)));
  }

  /** What the application asks for while nothing is taken is done when it takes again. */
  private watchWishes(): void {
    const { connection, cancelled, methods } = this;
    connection.cancelConsumer = (tag) => {
      if (this.stopped) cancelled.delete(tag);
      return methods.cancelConsumer(tag);
    };
    connection.resumeConsumer = async (tag) => {
      if (!this.stopped) return methods.resumeConsumer(tag);
      cancelled.add(tag);
      return tag;
    };
  }

  private watchMessages(): void {
    const { connection, running, messages } = this;
    const wrapConsumer = connection.wrapConsumer.bind(connection);
    connection.wrapConsumer = (consumer) =>
      wrapConsumer((message) => {
        const end = messages.begin(nameOf(message));
        return new Promise<unknown>((resolve, reject) => {
          const letGo = () => resolve(undefined);
          running.add(letGo);
          const over = () => {
            running.delete(letGo);
            end();
          };
          // It could not be acknowledged, for its channel is gone. Nobody handles that (golevelup 9, `wrapConsumer`), and an
          // unhandled rejection would end the process amid its shutdown.
          const fail = (error: Error) => (this.stopped ? letGo() : reject(error));
          const run = () => new Promise((settle) => settle(consumer(message)));
          messages.within(end, run).finally(over).then(resolve, fail);
        });
      });
  }

  /** Without a consumer such a queue is gone, with what is sent to it meanwhile: these go on while out of rotation. */
  private watchConsumers(): void {
    const { connection } = this;
    const look = (consumer: Consumer | undefined) => {
      if (consumer?.msgOptions?.queueOptions?.autoDelete) delete this.takeAgain;
    };
    for (const tag of connection.consumerTags) look(connection.getConsumer(tag));
    const register = connection.registerConsumerForQueue.bind(connection);
    connection.registerConsumerForQueue = (consumer) => {
      look(consumer);
      register(consumer);
    };
  }
}

/** A channel that reconnects would consume again: it does when what is returned is called. */
function holdSetups(connection: Connection): () => Promise<unknown> {
  const methods = connection as unknown as Record<(typeof SETUPS)[number], Setup>;
  const held: Array<() => Promise<unknown>> = [];
  for (const name of SETUPS) {
    const setup = methods[name];
    methods[name] = async (...args) => {
      held.push(() => setup.apply(connection, args));
      return '';
    };
  }
  return () => {
    for (const name of SETUPS) Reflect.deleteProperty(methods, name); // those of the class
    return Promise.allSettled(held.map((again) => again()));
  };
}

/** One that the application has cancelled is still in the list. */
function consumes(connection: Connection, tag: string): boolean {
  return connection.getConsumer(tag)?.channel?.consumers?.has(tag) ?? true;
}

function nameOf(message: Message | null): string {
  const { exchange = '', routingKey = '' } = message?.fields ?? {};
  return `message ${exchange ? `${exchange}:` : ''}${routingKey}`;
}

function isConnection(object: object): object is Connection {
  if (!hasMethods(object, 'cancelConsumer', 'resumeConsumer', 'wrapConsumer', ...SETUPS))
    return false;
  const { consumerTags, outstandingMessageProcessing } = object as Partial<Connection>;
  return Array.isArray(consumerTags) && outstandingMessageProcessing instanceof Set;
}
