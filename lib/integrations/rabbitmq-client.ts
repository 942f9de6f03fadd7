import type {
  Integration,
  IntegrationHost,
  ProvidedObject,
  WorkCounter,
  WorkSource,
} from '../engine/integration.js';
import { settled } from '../time/settled.js';
import { counted } from './kit/counted.js';
import { heldShape, nameIn, onHeld } from './kit/held.js';
import { hasMethods } from './kit/shape.js';

const CHANNEL = '_ch';
const HANDLER = '_handler';
const PROCESSING = '_processing';
const READY_STATE = '_readyState';

/** `READY_STATE` of rabbitmq-client 5 (`lib/util.js`): what is closing or closed. */
const CLOSING = 2;

/** `Consumer` of rabbitmq-client 5 (`lib/Consumer.js`). */
interface Consumer {
  readonly queue: string;
  readonly [CHANNEL]?: { queueDeclare(options: object): Promise<unknown> };
  [HANDLER](
    message: { readonly exchange?: string; readonly routingKey?: string },
    reply: unknown,
  ): unknown;
  readonly [READY_STATE]: number;
  /** Cancels, gives back what it has not begun, waits for its handlers, and closes its channel. */
  close(): Promise<void>;
  /** Undoes that, when it is done. */
  start(): void;
}

/** Its connection, whose `close()` goes on taking while a consumer is open. */
interface Connection {
  createConsumer(...args: unknown[]): unknown;
}

const consumerShape = heldShape([HANDLER], isConsumer);
const connectionShape = heldShape(['createRPCClient'], isConnection);

/** Consumers of rabbitmq-client that providers have, or that their connections make. */
export const rabbitmqClient: Integration = {
  name: 'rabbitmq-client',
  early: true, // consumers begin in a constructor
  attach(host: IntegrationHost): void {
    const known = new WeakSet<object>();
    const add = (consumer: unknown, holder: ProvidedObject) => {
      if (typeof consumer !== 'object' || !consumer || !isConsumer(consumer)) return;
      if (known.has(consumer)) return;
      known.add(consumer);
      const name = nameIn('RabbitMQ consumer', consumer, holder);
      host.add(new ConsumerSource(name, consumer, host.counter()));
    };
    onHeld(host, consumerShape, add);
    onHeld(host, connectionShape, (connection, holder) => {
      const createConsumer = connection.createConsumer.bind(connection);
      connection.createConsumer = (...args) => {
        const consumer = createConsumer(...args);
        add(consumer, holder);
        return consumer;
      };
    });
  },
};

class ConsumerSource implements WorkSource {
  readonly kind = 'message';
  /** Until what it had is finished and acknowledged, and its channel is closed. */
  private closing?: Promise<void>;

  constructor(
    readonly name: string,
    private readonly consumer: Consumer,
    private readonly messages: WorkCounter,
  ) {
    const handle = consumer[HANDLER].bind(consumer);
    consumer[HANDLER] = (message, reply) => {
      const { exchange = '', routingKey = '' } = message;
      const name = `message ${exchange ? `${exchange}:` : ''}${routingKey}`;
      return counted(messages, name, () => handle(message, reply));
    };
  }

  /** One that the application has closed, or not begun, is left alone. */
  async stopTaking(): Promise<void> {
    const { consumer } = this;
    if (consumer[READY_STATE] >= CLOSING) return;
    const channel = consumer[CHANNEL];
    const { queue } = consumer;
    this.closing = consumer.close();
    // The broker answers in order: after this nothing comes any more.
    const answered = channel?.queueDeclare({ queue, passive: true });
    await Promise.allSettled([answered]);
  }

  async takeAgain(): Promise<void> {
    if (!this.closing) return;
    await this.closing;
    this.closing = undefined;
    this.consumer.start();
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.messages.idle(signal);
    await settled(this.closing, signal);
  }
}

function isConsumer(object: object): object is Consumer {
  if (!hasMethods(object, 'start', 'close', HANDLER)) return false;
  return (object as Record<string, unknown>)[PROCESSING] instanceof Set;
}

function isConnection(object: object): object is Connection {
  return hasMethods(object, 'createConsumer', 'createPublisher', 'createRPCClient', 'acquire');
}
