import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';

/** `ServerMqtt` (microservices 11 and 12, `server/server-mqtt.js`). */
interface MqttServer extends RpcServer {
  readonly options?: { readonly subscribeOptions?: object };
  readonly messageHandlers: ReadonlyMap<string, Handler>;
  readonly mqttClient?: Client;
  getRequestPattern(pattern: string): string;
}

interface Handler {
  readonly isEventHandler?: boolean;
  readonly extras?: { readonly qos?: number };
}

/** Of `mqtt` 5. */
interface Client {
  readonly connected: boolean;
  /** By topic, what it would subscribe to after a reconnect: what it is subscribed to; not documented. */
  readonly _resubscribeTopics?: Readonly<Record<string, unknown>>;
  readonly options: {
    readonly clean?: boolean;
    readonly resubscribe?: boolean;
    readonly properties?: SessionProperties;
  };
  subscribeAsync(topic: string, options?: object): Promise<unknown>;
  unsubscribeAsync(topics: string[]): Promise<unknown>;
}

interface SessionProperties {
  readonly sessionExpiryInterval?: number;
}

/**
 * Unsubscribes. Not from a session that outlives the connection: the broker would no longer keep for us what is sent
 * until we are back, so such a server is heard to the end.
 */
export function mqttSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as MqttServer;
  const messages = new MessageCounter(server, host);
  const topicOf = ([pattern, { isEventHandler }]: [string, Handler]) =>
    isEventHandler ? pattern : server.getRequestPattern(pattern);

  /** What we have left: the application may have left others before. */
  let topics: string[] = [];

  async function leave(client: Client): Promise<void> {
    const { _resubscribeTopics, options } = client;
    const subscribed = options.resubscribe === false ? undefined : _resubscribeTopics;
    topics = [...server.messageHandlers].map(topicOf);
    if (subscribed) topics = topics.filter((topic) => Object.hasOwn(subscribed, topic));
    if (topics.length === 0) return;
    const left = client.unsubscribeAsync(topics);
    // Without a connection nobody answers; but it won't subscribe again when it has one.
    if (client.connected) await left;
    else left.catch(() => undefined);
  }

  async function comeBack(client: Client): Promise<void> {
    const { subscribeOptions } = server.options ?? {};
    const entries = [...server.messageHandlers].filter((entry) => topics.includes(topicOf(entry)));
    const subscribed = entries.map((entry) => {
      const [, { extras }] = entry;
      const qos = extras?.qos === undefined ? {} : { qos: extras.qos };
      return client.subscribeAsync(topicOf(entry), { ...subscribeOptions, ...qos });
    });
    await Promise.all(subscribed);
  }

  const client = () => {
    const { mqttClient } = server;
    return mqttClient && !outlivesItsConnection(mqttClient) ? mqttClient : undefined;
  };
  return {
    name: 'MQTT microservice',
    kind: 'message',
    async stopTaking() {
      const leaving = client();
      if (leaving) await leave(leaving);
    },
    async takeAgain() {
      const returning = client();
      if (returning) await comeBack(returning);
    },
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release: () => messages.abandon(),
    finished: (signal) => messages.idle(signal),
  };
}

function outlivesItsConnection({ options }: Client): boolean {
  return options.clean === false || (options.properties?.sessionExpiryInterval ?? 0) > 0;
}
