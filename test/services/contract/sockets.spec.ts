import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type AbstractWsAdapter,
} from '@nestjs/websockets';
import { describe } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { graphql } from '../../../lib/integrations/graphql/graphql.integration.js';
import { websockets } from '../../../lib/integrations/websockets/websockets.integration.js';
import type { HttpApp, HttpAppSetup } from '../../support/http-app.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { Fates, httpRig, loggedFailure } from './http-rig.js';

type Settled = (fate: 'completed' | 'failed') => void;

/** A client that connects, asks for a piece of work, and hears what became of it. */
interface Caller {
  /** Settles when it has asked, or was sent away. */
  readonly asked: Promise<unknown>;
  hangUp(): unknown;
}

type Call = (port: number, piece: string, settled: Settled) => Caller;

const settings = { takesUntil: 'finished', takesAgain: false, quietMs: 20 } as const;

/** Each piece comes by a client of its own: one that has work running may ask for more until it is told to go. */
function calls(call: Call) {
  return (_app: INestApplication, http: HttpApp) => {
    const [callers, fates]: [Caller[], Fates] = [[], new Fates()];
    return {
      async offer(piece: string) {
        const caller = call(http.port, piece, (fate) => fates.set(piece, fate));
        callers.push(caller);
        await caller.asked;
      },
      // Nest 11 does not tell clients of `ws` of a failure.
      fateOf: (piece: string) => fates.of(piece) ?? loggedFailure(http),
      cleanUp: () => callers.forEach((caller) => void caller.hangUp()),
    };
  };
}

const byWs: Call = (port, piece, settled) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.on('error', () => undefined); // it is refused
  socket.on('open', () => socket.send(JSON.stringify({ event: 'question', data: piece })));
  socket.on('message', (message: Buffer) => {
    const { event } = JSON.parse(message.toString()) as { event: string };
    settled(event === 'answer' ? 'completed' : 'failed');
  });
  return {
    asked: new Promise<void>((resolve) => {
      socket.once('open', resolve).once('close', resolve);
    }),
    hangUp: () => socket.terminate(),
  };
};

const bySocketIo: Call = (port, piece, settled) => {
  const options = { transports: ['websocket'], forceNew: true, reconnection: false };
  const socket = io(`http://127.0.0.1:${port}`, options);
  socket.once('connect', () => socket.emit('question', piece));
  socket.once('answer', () => settled('completed')).once('exception', () => settled('failed'));
  return {
    asked: new Promise((resolve) => {
      socket.once('connect', resolve as () => void).once('connect_error', resolve);
    }),
    hangUp: () => socket.disconnect(),
  };
};

const byGraphqlWs =
  (query: string): Call =>
  (port, piece, settled) => {
    let over!: () => void;
    const asked = new Promise<void>((resolve) => (over = resolve));
    const client = createClient({
      url: `ws://127.0.0.1:${port}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      on: { connected: over, closed: over },
    });
    const answer = client.iterate({ query, variables: { piece } }).next();
    answer.then(({ value }) => settled(value?.errors ? 'failed' : 'completed'), over);
    return { asked, hangUp: () => client.dispose() };
  };

type Adapter = new (app: INestApplication) => AbstractWsAdapter;

const gateways: ReadonlyArray<[library: string, Adapter, Call]> = [
  ['ws', WsAdapter, byWs],
  ['socket.io', IoAdapter, bySocketIo],
];

describe.each(gateways)('gateways of %s', (_library, Adapter, call) => {
  const rig = httpRig(websockets, settings, (work) => {
    @WebSocketGateway()
    class Desk {
      @SubscribeMessage('question')
      async answer(@MessageBody() piece: string): Promise<object> {
        await work(piece);
        return { event: 'answer', data: piece };
      }
    }

    return {
      module: { providers: [Desk] },
      configure: (app) => app.useWebSocketAdapter(new Adapter(app)),
      use: calls(call),
    };
  });

  itKeepsTheContract(rig);
});

const apollo = () =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    graphiql: false,
    subscriptions: { 'graphql-ws': true },
  });

const mercurius = () =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    autoSchemaFile: true,
    subscription: { fullWsTransport: true },
  });

type Setup = Pick<HttpAppSetup, 'platform'> & { readonly query: string };

const drivers: ReadonlyArray<[driver: string, typeof apollo, Setup]> = [
  ['Apollo', apollo, { platform: 'Express', query: 'query Ask' }],
  ['Mercurius', mercurius, { platform: 'Fastify', query: 'mutation Order' }],
];

describe.each(drivers)('GraphQL by WebSocket with %s', (_driver, server, { platform, query }) => {
  const rig = httpRig(graphql, settings, (work) => {
    @Resolver()
    class Desk {
      @Query(() => String)
      async did(@Args('piece') piece: string): Promise<string> {
        await work(piece);
        return piece;
      }

      @Mutation(() => String, { name: 'did' })
      order(@Args('piece') piece: string): Promise<string> {
        return this.did(piece);
      }
    }

    return {
      platform,
      module: { imports: [server()], providers: [Desk] },
      use: calls(byGraphqlWs(`${query}($piece: String!) { did(piece: $piece) }`)),
    };
  });

  itKeepsTheContract(rig);
});
