import type { Integration, IntegrationHost, WorkSource } from '../integration.js';
import { customSource } from './custom.js';
import { grpcSource } from './grpc.js';
import { kafkaSource } from './kafka.js';
import { mqttSource } from './mqtt.js';
import { natsSource } from './nats.js';
import { rabbitmqSource } from './rabbitmq.js';
import { redisSource } from './redis.js';
import { hasMethods } from '../integration.js';
import { isRpcServer, type RpcServer } from './rpc-server.js';
import { tcpSource } from './tcp.js';

/** By `Transport` of `@nestjs/microservices`, which is `transportId` of its servers. */
const SOURCES: Readonly<
  Record<string, (server: RpcServer, host: IntegrationHost) => WorkSource | undefined>
> = {
  0: tcpSource,
  1: redisSource,
  2: natsSource,
  3: mqttSource,
  4: grpcSource,
  5: rabbitmqSource,
  6: kafkaSource,
};

/** The servers of `@nestjs/microservices`, in an application of their own or in a hybrid one. From 11.1.4 on. */
export const microservices: Integration = {
  name: '@nestjs/microservices',
  early: true,
  attach(host) {
    host.onRpcServer((server) => {
      if (isRpcServer(server)) {
        const source = (SOURCES[String(server.transportId)] ?? customSource)(server, host);
        if (source) host.add(source);
      }
      holdClose(server, () => host.drained());
    });
  },
};

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
