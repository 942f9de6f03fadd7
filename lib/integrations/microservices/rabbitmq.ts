import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';
import { settled } from '../../time/settled.js';

/** `ServerRMQ` (microservices 11 and 12, `server/server-rmq.js`). */
interface RmqServer extends RpcServer {
  readonly queue: string;
  readonly queueOptions?: { readonly autoDelete?: boolean };
  readonly channel?: ChannelWrapper | null;
  /** Asserts queue and exchange, and consumes; called again after each reconnect. */
  setupChannel: (channel: AmqpChannel, callback: () => void) => Promise<void>;
}

/** Of `amqp-connection-manager` 4 and 5. */
interface ChannelWrapper {
  /** While it is connected. Nest's consumer is registered here, so `cancelAll()` of the wrapper does not know it. */
  readonly _channel?: AmqpChannel;
  /** What waits for a connection. */
  queueLength(): number;
  once(event: 'connect', listener: () => void): unknown;
}

/** Of `amqplib`. */
interface AmqpChannel {
  readonly consumers: ReadonlyMap<string, unknown>;
  cancel(consumerTag: string): Promise<unknown>;
  waitForConfirms?(): Promise<unknown>;
}

/** The tag of no consumer: to cancel it is no error. */
const NOBODY = 'nobody';

/**
 * Cancels its consumers; the broker's answer comes after the last message that is ours, which with the default `noAck`
 * nobody else would get any more. What is acknowledged by hand, and was not in time, the broker takes back by itself.
 */
export function rabbitmqSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as RmqServer;
  const messages = new MessageCounter(server, host);
  const { setupChannel } = server;
  let settingUp: Promise<void> | undefined;
  let cancelling: Promise<void> | undefined;
  const consume: RmqServer['setupChannel'] = (...args) =>
    (settingUp = setupChannel.apply(server, args));
  server.setupChannel = consume;

  /** Whether it consumed, as far as that can be told: the application may have cancelled its consumers itself. */
  let consumed = true;

  async function cancelConsumers(): Promise<void> {
    server.setupChannel = async () => undefined; // a reconnect would consume again
    await settingUp?.catch(() => undefined);
    const connected = connectedChannel(server);
    consumed = true;
    if (!connected) return;
    const cancelAll = () =>
      Promise.all([...connected.consumers.keys()].map((tag) => connected.cancel(tag)));
    // Nest does not wait until it consumes; the broker answers in order.
    const had = connected.consumers.size > 0;
    await Promise.all([cancelAll(), connected.cancel(NOBODY)]);
    consumed = had || connected.consumers.size > 0;
    await cancelAll();
  }

  const source: WorkSource = {
    name: `RabbitMQ queue ${server.queue || '(named by the broker)'}`,
    kind: 'message',
    stopTaking: () => (cancelling = cancelConsumers()),
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release: () => messages.abandon(),
    async finished(signal) {
      await settled(cancelling, signal); // until then more may come
      await messages.idle(signal);
      await settled(repliesConfirmed(server), signal);
    },
  };
  // Without consumers such a queue is gone, with what is sent to it meanwhile.
  if (server.queue === '' || server.queueOptions?.autoDelete) return source;
  return {
    ...source,
    async takeAgain() {
      server.setupChannel = consume;
      const connected = connectedChannel(server);
      if (connected && consumed) await consume(connected, () => undefined);
    },
  };
}

function connectedChannel({ channel }: RmqServer): AmqpChannel | undefined {
  const { _channel: connected } = channel ?? {};
  return connected;
}

/** `close()` of the wrapper drops replies that are not sent or not confirmed. */
async function repliesConfirmed(server: RmqServer): Promise<void> {
  const { channel } = server;
  if (channel && channel.queueLength() > 0) {
    await new Promise<void>((resolve) => void channel.once('connect', resolve));
  }
  await connectedChannel(server)?.waitForConfirms?.();
}
