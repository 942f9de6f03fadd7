import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';
import { settled } from '../../time/settled.js';

/** `ServerNats` (microservices 11 and 12, `server/server-nats.js`). */
interface NatsServer extends RpcServer {
  readonly subscriptions: Subscription[];
  readonly natsClient?: { flush(): Promise<void> } | null;
  bindEvents(client: unknown): void;
  /** With the option `gracefulShutdown`: a fixed wait, 10 s by default. */
  waitForGracePeriod?: () => Promise<void>;
}

/** Of `nats` 2 and `@nats-io/transport-node` 3. */
interface Subscription {
  getSubject(): string;
  isClosed(): boolean;
  unsubscribe(): void;
  /** Leaves the subject, and still handles what has been sent to us. That of a connection would close it. */
  drain(): Promise<void>;
}

/** Drains its subscriptions: what is sent from then on goes to others of the queue group. */
export function natsSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as NatsServer;
  const messages = new MessageCounter(server, host);
  /** The subjects that we have left: the application may have left others before. */
  let left: ReadonlySet<string> = new Set();
  return {
    name: 'NATS microservice',
    kind: 'message',
    async stopTaking() {
      const open = server.subscriptions.filter((subscription) => !subscription.isClosed());
      left = new Set(open.map((subscription) => subscription.getSubject()));
      await Promise.all(open.map((subscription) => subscription.drain()));
    },
    async takeAgain() {
      const { natsClient, subscriptions } = server;
      if (!natsClient) return;
      subscriptions.length = 0;
      server.bindEvents(natsClient);
      const others = subscriptions.filter((subscription) => !left.has(subscription.getSubject()));
      for (const subscription of others) subscription.unsubscribe();
      await natsClient.flush(); // until the broker knows
    },
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release: () => messages.abandon(),
    async finished(signal) {
      await messages.idle(signal);
      await settled(server.natsClient?.flush(), signal);
      // It has been waited for, by what there was to wait for.
      if (!signal.aborted && server.waitForGracePeriod) {
        server.waitForGracePeriod = async () => undefined;
      }
    },
  };
}
