import type { IntegrationHost, WorkSource } from '../integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';
import { settled } from '../settled.js';

/** `ServerKafka` (microservices 11 and 12, `server/server-kafka.js`). */
interface KafkaServer extends RpcServer {
  readonly groupId?: string;
  readonly consumer?: Consumer | null;
}

/** Of `kafkajs` 2. */
interface Consumer {
  /** Fetches no more, waits for what runs, commits its offsets and leaves the group; the connection stays. */
  stop(): Promise<void>;
}

/** Leaves the group, so that others have its partitions at once. It can't come back: only `run()` would, with a new setup. */
export function kafkaSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as KafkaServer;
  // Microservices 11 has no end hook for an event whose handler returns no observable.
  const messages = new MessageCounter(server, host, { endsWithItsRun: true });
  let stopped: Promise<void> | undefined;
  return {
    name: `Kafka group ${server.groupId ?? ''}`.trim(),
    kind: 'message',
    stopTaking() {
      // Not waited for at T0, because it waits for what runs.
      stopped = server.consumer?.stop();
      stopped?.catch(() => undefined);
    },
    inFlight: () => messages.list(),
    release: () => messages.abandon(),
    async finished(signal) {
      // Its producer is disconnected later; replies are sent after `eachMessage`, which is all that `stop()` waits for.
      await settled(stopped, signal);
      await messages.idle(signal);
    },
  };
}
