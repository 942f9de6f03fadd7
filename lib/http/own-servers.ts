import type { Adapter } from '../nest/http-adapter.js';
import type { Server } from 'node:http';
import { isOwnServer } from '../copies/own-server.js';
import type { FollowedServers } from './followed-servers.js';
import { onListeningServers } from './listening-servers.js';
import { serverNotFollowed } from '../log/boot-lines.js';
import type { Log } from '../log/log.js';
import type { RequestInterceptor } from './request-interceptor.js';
import { RequestHandlers } from '../nest/request-handlers.js';
import { setImmediate } from '../time/real-timers.js';

/**
 * Finds the servers that the application has put around its Express or Fastify instance, and will close itself:
 *
 * - by their listener, when it is the instance or its handler, as soon as they listen;
 * - by the first request that they bring, when it is a function that calls it;
 * - by `Graceful.follow(server)`.
 */
export class OwnServers {
  private undo: () => void = () => undefined;
  private answerProbe?: RequestInterceptor;
  private recognised = false;
  private readonly warned = new WeakSet<Server>();

  constructor(
    private readonly servers: FollowedServers,
    private readonly log: Log,
  ) {}

  /** Looks for servers from now on. To be called before the server of the adapter is followed. */
  look(adapter: Adapter, server: Server, answerProbe: RequestInterceptor | undefined): void {
    this.answerProbe = answerProbe;
    const handlers = new RequestHandlers(adapter, server);
    this.recognised = handlers.intercept((request, response) =>
      this.servers.arrive(request, response, answerProbe),
    );
    this.undo = onListeningServers((one) => {
      if (one === server) return;
      if (handlers.isServedBy(one)) this.servers.followOwn(one, answerProbe);
      else if (!this.recognised && !isOwnServer(one)) this.warn(one);
    });
  }

  stopLooking(): void {
    this.undo();
  }

  /** Probes are answered where its requests come to the application, unless that can't be seen. */
  follow(server: Server): void {
    this.warned.add(server);
    this.servers.followOwn(server, this.recognised ? undefined : this.answerProbe);
  }

  /** It may lead to the application, and nobody can tell. Not in the turn in which it listens: `follow()` may come. */
  private warn(server: Server): void {
    setImmediate(() => {
      if (this.warned.has(server) || this.servers.follows(server)) return;
      this.warned.add(server);
      this.log.say(serverNotFollowed(addressOf(server)));
    });
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? 'nothing';
  return `port ${address.port}`;
}
