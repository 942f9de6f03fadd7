import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { MessageCounter } from './message-counter.js';
import type { Handlers, RpcServer } from './rpc-server.js';

/** `ServerRedis` (microservices 11 and 12, `server/server-redis.js`). */
interface RedisServer extends RpcServer {
  readonly options?: { readonly wildcards?: boolean };
  readonly messageHandlers: Handlers;
  readonly subClient?: Subscriber;
  getRequestPattern(pattern: string): string;
}

/** Of `ioredis`; `pubClient` is left alone, it has the replies to publish. */
interface Subscriber {
  readonly status: string;
  /** Its subscriptions, once it has one; not documented. */
  readonly condition?: {
    readonly subscriber?: false | { channels?(set: 'subscribe' | 'psubscribe'): string[] };
  } | null;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  psubscribe(...patterns: string[]): Promise<unknown>;
  punsubscribe(...patterns: string[]): Promise<unknown>;
}

/** Leaves its channels; what is published to them meanwhile is heard by other instances, or by nobody: Redis keeps nothing. */
export function redisSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as RedisServer;
  const messages = new MessageCounter(server, host);
  const channels = () =>
    [...server.messageHandlers].map(([pattern, { isEventHandler }]) =>
      isEventHandler ? pattern : server.getRequestPattern(pattern),
    );
  /** What we have left: the application may have left others before. */
  let left: readonly string[] = [];

  async function tell(verb: 'subscribe' | 'unsubscribe'): Promise<void> {
    const { subClient, options } = server;
    const prefix = options?.wildcards ? 'p' : '';
    if (!subClient) return;
    if (verb === 'unsubscribe') {
      const { subscriber } = subClient.condition ?? {};
      const subscribed = subscriber ? subscriber.channels?.(`${prefix}subscribe`) : undefined;
      left = channels().filter((name) => subscribed?.includes(name) ?? true);
    }
    if (left.length === 0) return;
    const told = subClient[`${prefix}${verb}`](...left);
    // Else it is told when it is connected again, which nobody can wait for.
    if (subClient.status === 'ready') await told;
    else told.catch(() => undefined);
  }

  return {
    name: 'Redis microservice',
    kind: 'message',
    stopTaking: () => tell('unsubscribe'),
    takeAgain: () => tell('subscribe'),
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release: () => messages.abandon(),
    finished: (signal) => messages.idle(signal),
  };
}
