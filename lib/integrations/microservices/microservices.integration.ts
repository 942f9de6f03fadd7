import type { Integration, IntegrationHost, WorkSource } from '../../engine/integration.js';
import { customSource } from './custom.js';
import { grpcSource } from './grpc.js';
import { HandlerCalls, isOfUser } from './handler-calls.js';
import { kafkaSource } from './kafka.js';
import { mqttSource } from './mqtt.js';
import { natsSource } from './nats.js';
import { rabbitmqSource } from './rabbitmq.js';
import { redisSource } from './redis.js';
import { hasMethods } from '../kit/shape.js';
import { isRpcServer, type RpcServer } from './rpc-server.js';
import { tcpSource } from './tcp.js';

interface Transporter {
  readonly sourceOf: (server: RpcServer, host: IntegrationHost) => WorkSource;
  /** What its server has: a strategy may go by the number of a transport of Nest's, and be something else. */
  readonly methods: readonly string[];
}

/** By `Transport` of `@nestjs/microservices`, which is `transportId` of its servers. */
const TRANSPORTERS: Readonly<Record<string, Transporter>> = {
  0: { sourceOf: tcpSource, methods: ['handleMessage', 'bindHandler'] },
  1: { sourceOf: redisSource, methods: ['handleMessage', 'getPublisher', 'getRequestPattern'] },
  2: { sourceOf: natsSource, methods: ['handleMessage', 'getPublisher', 'bindEvents'] },
  3: { sourceOf: mqttSource, methods: ['handleMessage', 'getPublisher', 'getRequestPattern'] },
  4: { sourceOf: grpcSource, methods: ['createService', 'bindEvents'] },
  5: { sourceOf: rabbitmqSource, methods: ['handleMessage', 'setupChannel'] },
  6: { sourceOf: kafkaSource, methods: ['handleMessage', 'getMessageHandler'] },
};

/** The servers of `@nestjs/microservices`, in an application of their own or in a hybrid one. From 11.1.4 on. */
export const microservices: Integration = {
  name: '@nestjs/microservices',
  early: true,
  attach(host) {
    host.onRpcServer((server) => {
      host.add(sourceOf(server, host));
      holdClose(server, () => host.drained());
    });
  },
};

function sourceOf(server: object, host: IntegrationHost): WorkSource {
  if (!isRpcServer(server)) return customSource(server, host);
  const { sourceOf: ofTransport, methods } = TRANSPORTERS[String(server.transportId)] ?? {};
  if (!ofTransport || !hasMethods(server, ...methods)) return customSource(server, host);
  const source = ofTransport(server, host);
  // gRPC counts its streams, and no handler is called beside them.
  if (ofTransport === grpcSource || !isOfUser(server)) return source;
  return new HandlerCalls(server, host).partOf(source);
}

/**
 * `close()` of a microservice closes its server before the first hook is called (microservices 11 and 12, NestMicroservice
 * `close`), with everything in flight.
 */
function holdClose(server: object, until: () => Promise<void>): void {
  if (!isCloseable(server)) return;
  const { close } = server;
  server.close = async () => {
    await until();
    return close.call(server);
  };
}

const isCloseable = (server: object): server is Pick<RpcServer, 'close'> =>
  hasMethods(server, 'close');
