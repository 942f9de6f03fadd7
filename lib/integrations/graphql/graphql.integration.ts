import { hasMethods } from '../kit/shape.js';
import type { Integration, IntegrationHost } from '../../engine/integration.js';
import { GraphqlSource, type Schema, type WebSocketServer } from './graphql-source.js';

/** `AbstractGraphQLDriver` of @nestjs/graphql 13 and 14: the server is started in `onModuleInit`, and thus before us. */
interface Driver {
  /** Of `ApolloDriver` and its kin. */
  readonly _subscriptionService?: {
    readonly wss?: WebSocketServer;
    /** For clients of subscriptions-transport-ws; Nest 11 only. */
    readonly subTransWs?: WebSocketServer;
    readonly options?: { readonly schema?: Schema };
  };
  /** Of `MercuriusDriver` the Fastify instance, of Apollo's the ApolloServer. */
  readonly instance?: Fastify & { readonly graphql?: { readonly schema?: Schema } };
}

interface Fastify {
  /** Of @fastify/websocket: on the instance on which it is registered, which Mercurius does on one of its own. */
  readonly websocketServer?: WebSocketServer;
}

/**
 * Subscriptions by WebSocket, with Apollo's driver and with Mercurius': their sockets close with 1012, after the events
 * that are there, so that their clients come back elsewhere and subscribe again. Queries that come by HTTP are requests.
 */
export const graphql: Integration = {
  name: '@nestjs/graphql',
  attach(host: IntegrationHost): void {
    const drivers = [...host.objects()].map(({ object }) => object).filter(isDriver);
    const servers = drivers.map(serverOf).filter(({ sockets }) => sockets.length > 0);
    if (servers.length === 0) return;
    const source = new GraphqlSource(host);
    for (const { sockets, schema } of servers) source.watch(sockets, schema);
    host.add(source);
  },
};

function serverOf({ _subscriptionService: service, instance }: Driver) {
  const sockets = service
    ? [service.wss, service.subTransWs]
    : instance?.graphql && [...new Set(socketServers(instance))];
  const schema = service?.options?.schema ?? instance?.graphql?.schema;
  return { sockets: (sockets ?? []).filter(isSocketServer), schema };
}

/** Those of a Fastify instance and of its plugins; the children are not documented, but have been there from 2.0 on. */
function socketServers(fastify: Fastify): unknown[] {
  const key = Object.getOwnPropertySymbols(fastify).find(
    ({ description }) => description === 'fastify.children',
  );
  const children = key ? ((Reflect.get(fastify, key) ?? []) as Fastify[]) : [];
  return [fastify.websocketServer, ...children.flatMap(socketServers)];
}

function isDriver(object: object): object is Driver {
  return hasMethods(object, 'start', 'stop', 'mergeDefaultOptions', 'subscriptionWithFilter');
}

function isSocketServer(object: unknown): object is WebSocketServer {
  return hasMethods(object, 'prependListener', 'handleUpgrade', 'shouldHandle');
}
