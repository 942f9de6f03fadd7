import { types } from 'node:util';
import { randomUUID } from 'node:crypto';
import type { WorkCounter } from '../../engine/integration.js';
import {
  answered,
  type Channel,
  type ConsumeOptions,
  type Message,
  type OnMessage,
} from './shapes.js';

/** What a channel asks of its connection. */
export interface ConnectionFacts {
  /** Those of this connection alone, or to which replies come. */
  readonly ownQueues: Set<string>;
  /** Those that are gone without a consumer. */
  readonly passingQueues: Set<string>;
  readonly counter?: WorkCounter;
  readonly stopped: boolean;
  /** Whether a consumer has to wait until the application takes again. */
  holds(): boolean;
}

/** A consumer of a channel; its queue is known if it began after somebody watched. */
interface Consumer {
  readonly call: OnMessage;
  readonly queue?: string;
  readonly options: ConsumeOptions;
}

/** A delivery whose handler runs, or which is not acknowledged. */
interface Delivery {
  readonly name: string;
  readonly tag: number;
  /** It is over when this is so, and its handler is done. */
  settledWithBroker: boolean;
  handled: boolean;
  end?: () => void;
}

/** The tag of no consumer. */
const NOBODY = 'nestjs-graceful-nobody';

/** Knows of one channel what it consumes, and which deliveries are not over. */
export class ChannelWatch {
  private readonly consumers = new Map<string, Consumer>();
  private readonly asked: Array<Omit<Consumer, 'call'>> = [];
  private readonly deliveries = new Set<Delivery>();
  /** What we have cancelled, or not let begin; it consumes again when we take again. */
  private readonly stopped = new Map<string, Consumer>();
  private readonly methods: Pick<Channel, 'consume' | 'cancel' | 'nack'>;
  isOpen = true;

  constructor(
    private readonly channel: Channel,
    private readonly connection: ConnectionFacts,
  ) {
    this.methods = {
      consume: channel.consume.bind(channel),
      cancel: channel.cancel.bind(channel),
      nack: channel.nack.bind(channel),
    };
    for (const [tag, call] of channel.consumers) this.consumers.set(tag, { call, options: {} });
    this.watchConsumers();
    this.watchDeliveries();
    this.watchAcknowledgements();
    this.watchQueues();
    channel.once('close', () => {
      this.isOpen = false;
      this.settle(() => true); // the broker has taken back what was not acknowledged
    });
  }

  /** Counts deliveries from now on, those that are not over as well. */
  count(counter: WorkCounter): void {
    for (const delivery of this.deliveries) delivery.end = counter.begin(delivery.name);
  }

  /** No delivery begins from now on; one that was on its way goes back to its queue. Resolves when none is. */
  async stop(forGood: boolean): Promise<void> {
    for (const [tag, consumer] of this.consumers) {
      if (!this.stopped.has(tag) && this.mayStop(consumer, forGood))
        this.stopped.set(tag, consumer);
    }
    const tags = [...this.stopped.keys()].filter((tag) => this.channel.consumers.has(tag));
    await Promise.allSettled(tags.map((tag) => answered((done) => this.methods.cancel(tag, done))));
  }

  async takeAgain(): Promise<void> {
    const again = [...this.stopped];
    this.stopped.clear();
    if (!this.isOpen) return; // whoever reconnects has been let
    await Promise.allSettled(
      again.map(([consumerTag, { queue = '', call, options }]) =>
        answered((done) => this.consume(queue, call, { ...options, consumerTag }, done)),
      ),
    );
  }

  /** Resolves when the broker has read all that was acknowledged or published; when the channel is gone, too. */
  async written(): Promise<void> {
    if (!this.isOpen) return;
    await answered((done) => this.methods.cancel(NOBODY, done)).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.isOpen) await answered((done) => this.channel.close(done)).catch(() => undefined);
  }

  // --------------------------------------------------------------------------------------------------------------

  private consume(...[queue, call, options = {}, done]: Parameters<Channel['consume']>): unknown {
    this.asked.push({ queue, options });
    return this.methods.consume(queue, call, options, done);
  }

  private watchConsumers(): void {
    const { channel, consumers } = this;
    channel.consume = (queue, call, options = {}, done) => {
      const consumer = { queue, call, options: options ?? {} };
      if (!this.connection.holds() || !this.mayStop(consumer, true)) {
        return this.consume(queue, call, consumer.options, done);
      }
      const consumerTag = consumer.options.consumerTag ?? randomUUID();
      this.stopped.set(consumerTag, consumer);
      if (typeof done !== 'function') return Promise.resolve({ consumerTag });
      done(null, { consumerTag });
      return channel;
    };
    channel.cancel = (tag, done) => {
      this.stopped.delete(tag);
      return this.methods.cancel(tag, done);
    };
    const register = channel.registerConsumer.bind(channel);
    channel.registerConsumer = (tag, call) => {
      consumers.set(tag, { call, options: {}, ...this.asked.shift() });
      register(tag, call);
    };
    const unregister = channel.unregisterConsumer.bind(channel);
    channel.unregisterConsumer = (tag) => {
      consumers.delete(tag);
      unregister(tag);
    };
  }

  private watchDeliveries(): void {
    const { channel } = this;
    const dispatch = channel.dispatchMessage.bind(channel);
    channel.dispatchMessage = (fields, message) => {
      if (!message) return dispatch(fields, message); // the broker has cancelled it
      const consumer = this.consumers.get(fields.consumerTag);
      const acknowledges = consumer?.queue !== undefined && !consumer.options.noAck;
      if (acknowledges && this.stopped.has(fields.consumerTag)) {
        return this.methods.nack(message, false, true);
      }
      if (this.connection.stopped && consumer && !this.mayStop(consumer, true)) {
        return dispatch(fields, message); // replies, and what is sent to all: nobody waits for the last of these
      }
      return this.run(message, acknowledges, () => dispatch(fields, message));
    };
  }

  private run(message: Message, acknowledges: boolean, handle: () => unknown): unknown {
    const { counter } = this.connection;
    const name = nameOf(message);
    const delivery: Delivery = {
      name,
      tag: message.fields.deliveryTag,
      settledWithBroker: !acknowledges,
      handled: false,
      end: counter?.begin(name),
    };
    this.deliveries.add(delivery);
    const over = () => {
      delivery.handled = true;
      this.endOf(delivery);
    };
    // It will not be acknowledged any more; the broker takes it back when the channel closes.
    const failed = () => {
      delivery.settledWithBroker = true;
      over();
    };
    let result: unknown;
    try {
      result = delivery.end && counter ? counter.within(delivery.end, handle) : handle();
    } catch (error) {
      failed();
      throw error;
    }
    if (types.isPromise(result)) result.then(over, failed);
    else over();
    return result;
  }

  private watchAcknowledgements(): void {
    const { channel } = this;
    for (const method of ['ack', 'nack', 'reject'] as const) {
      const call = channel[method].bind(channel) as (...args: unknown[]) => void;
      channel[method] = (message: Message, ...rest: [never?, never?]) => {
        call(message, ...rest);
        const { deliveryTag } = message.fields;
        const upTo = method !== 'reject' && rest[0] === true;
        this.settle((tag) => (upTo ? tag <= deliveryTag : tag === deliveryTag));
      };
    }
    for (const method of ['ackAll', 'nackAll'] as const) {
      const call = channel[method].bind(channel);
      channel[method] = (requeue?: boolean) => {
        call(requeue);
        this.settle(() => true);
      };
    }
  }

  private watchQueues(): void {
    const { channel, connection } = this;
    const assertQueue = channel.assertQueue.bind(channel);
    channel.assertQueue = (queue, options, ...rest) => {
      if (options?.exclusive) connection.ownQueues.add(queue);
      if (options?.autoDelete) connection.passingQueues.add(queue);
      return assertQueue(queue, options, ...rest);
    };
    const sendMessage = channel.sendMessage.bind(channel);
    channel.sendMessage = (fields, properties, content) => {
      const { replyTo } = (properties ?? {}) as { replyTo?: unknown };
      if (typeof replyTo === 'string' && replyTo !== '') connection.ownQueues.add(replyTo);
      return sendMessage(fields, properties, content);
    };
  }

  /**
   * Not what brings replies to requests that are still to be sent, nor what is gone with this connection: nobody else would
   * get it. While out of rotation, not what could not begin again.
   */
  private mayStop({ queue, options }: Consumer, forGood: boolean): boolean {
    if (queue === undefined) return forGood;
    if (options.exclusive || queue.startsWith('amq.') || queue === '') return false;
    if (this.connection.ownQueues.has(queue)) return false;
    return forGood || !this.connection.passingQueues.has(queue);
  }

  private settle(which: (tag: number) => boolean): void {
    for (const delivery of this.deliveries) {
      if (!which(delivery.tag)) continue;
      delivery.settledWithBroker = true;
      this.endOf(delivery);
    }
  }

  private endOf(delivery: Delivery): void {
    if (!delivery.settledWithBroker || !delivery.handled) return;
    if (this.deliveries.delete(delivery)) delivery.end?.();
  }
}

function nameOf({ fields: { exchange = '', routingKey = '' } }: Message): string {
  return `message ${exchange ? `${exchange}:` : ''}${routingKey}`;
}
