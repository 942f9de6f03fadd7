import { Controller } from '@nestjs/common';
import {
  BaseRpcContext,
  ClientProxyFactory,
  Ctx,
  EventPattern,
  GrpcMethod,
  Payload,
  Server,
  Transport,
  type CustomTransportStrategy,
  type RmqContext,
  type WritePacket,
} from '@nestjs/microservices';
import { describe } from '@jest/globals';
import type { Channel } from 'amqplib';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { finalize, Observable } from 'rxjs';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { describeWith } from '../../support/services.js';
import { FakeKafka, kafkaServer } from '../microservices/fake-kafka.js';
import { rabbitmqOutside } from '../microservices/rabbitmq-outside.js';
import { mqtt, mqttUrl, nats, natsUrl, rabbitmq, rabbitmqUrl } from '../microservices/servers.js';
import { redis, redisUrl } from '../servers.js';
import { Fates, loggedFailure } from './http-rig.js';
import { answeringDesk, answeringRig, asking, microserviceRig } from './microservice-rig.js';

const host = '127.0.0.1';
/** They are found as HTTP is, and come back with a new process only. */
const untilFinished = { takesUntil: 'finished', takesAgain: false } as const;

describe('TCP', () => {
  const transport = Transport.TCP as const;
  const optionsFor = (port: number) => ({ transport, options: { host, port } });

  itKeepsTheContract(
    answeringRig(
      {
        server: () => optionsFor(0),
        client({ microservice }) {
          const { port } = microservice.unwrap<NetServer>().address() as AddressInfo;
          return optionsFor(port);
        },
      },
      untilFinished,
    ),
  );
});

describe('gRPC', () => {
  const transport = Transport.GRPC as const;
  const protoPath = fileURLToPath(new URL('../microservices/desk.proto', import.meta.url));
  const optionsFor = (port: number) => ({
    transport,
    options: { url: `${host}:${port}`, package: 'desk', protoPath },
  });

  itKeepsTheContract(
    microserviceRig(untilFinished, (_name, work) => {
      @Controller()
      class Desk {
        @GrpcMethod('Desk', 'Ask')
        async ask({ name }: { name: string }): Promise<{ text: string }> {
          await work(name);
          return { text: 'done' };
        }
      }

      return {
        microservice: optionsFor(0),
        controller: Desk,
        use(app) {
          const { grpcClient } = Reflect.get(app.microservice, 'serverInstance') as GrpcServer;
          const [listener] = grpcClient.http2Servers.keys();
          const { port } = listener.address() as AddressInfo;
          const client = ClientProxyFactory.create(optionsFor(port));
          app.afterwards(() => client.close());
          const desk = client.getService<DeskService>('Desk');
          return asking((name) => desk.ask({ name }));
        },
      };
    }),
  );
});

/** What only the server itself knows. */
interface GrpcServer {
  readonly grpcClient: { readonly http2Servers: ReadonlyMap<NetServer, unknown> };
}

interface DeskService {
  ask(question: { name: string }): Observable<unknown>;
}

describeWith(redis, () => {
  const { hostname, port, password } = new URL(redisUrl);
  const options = {
    host: hostname,
    port: Number(port) || 6379,
    password: password || undefined,
  };
  const microservice = { transport: Transport.REDIS as const, options };

  itKeepsTheContract(answeringRig({ server: () => microservice, client: () => microservice }));
});

describeWith(nats, () => {
  const microservice = { transport: Transport.NATS as const, options: { servers: [natsUrl] } };

  itKeepsTheContract(
    answeringRig({
      server: () => microservice,
      async client(app) {
        // Nest doesn't wait for its subscriptions.
        await app.microservice.unwrap<{ flush(): Promise<void> }>().flush();
        return microservice;
      },
    }),
  );
});

describeWith(mqtt, () => {
  const microservice = { transport: Transport.MQTT as const, options: { url: mqttUrl } };

  itKeepsTheContract(answeringRig({ server: () => microservice, client: () => microservice }));
});

describeWith(rabbitmq, () => {
  const transport = Transport.RMQ as const;
  const outside = rabbitmqOutside();

  const optionsFor = (queue: string) => {
    outside.queues.push(queue);
    // Each of the few short frames by which a connection begins would wait for the acknowledgement of the one before.
    const socketOptions = { connectionOptions: { noDelay: true } };
    return { urls: [rabbitmqUrl], queue, queueOptions: { durable: true }, socketOptions };
  };

  describe('acknowledged at once', () => {
    itKeepsTheContract(
      answeringRig(
        {
          server: (queue) => ({ transport, options: optionsFor(queue) }),
          client: (_app, queue) => ({ transport, options: optionsFor(queue) }),
        },
        { keeps: true },
      ),
    );
  });

  describe('acknowledged by hand', () => {
    const rig = microserviceRig({ keeps: true }, (queue, work) => {
      const fates = new Fates();
      let unfinished = 0;

      @Controller()
      class Desk {
        @EventPattern<unknown>('ordered')
        async order(@Payload() piece: string, @Ctx() context: RmqContext): Promise<void> {
          try {
            await work(piece);
            fates.set(piece, 'completed');
          } finally {
            unfinished -= 1;
            (context.getChannelRef() as Channel).ack(context.getMessage());
          }
        }
      }

      return {
        microservice: { transport, options: { ...optionsFor(queue), noAck: false } },
        controller: Desk,
        use(app) {
          app.afterwards(async () => {
            const { messageCount: left } = await outside.channel.checkQueue(queue);
            if (left !== unfinished) throw new Error(`${unfinished} unfinished, ${left} left`);
          });
          return {
            async offer(piece) {
              unfinished += 1;
              const message = { pattern: 'ordered', data: piece };
              outside.channel.sendToQueue(queue, Buffer.from(JSON.stringify(message)));
              await outside.channel.waitForConfirms();
            },
            fateOf: (piece) => fates.of(piece) ?? loggedFailure(app),
          };
        },
      };
    });

    itKeepsTheContract(rig);
  });
});

/** Against its client's contract: there is no broker where the tests run. */
describe('Kafka', () => {
  const rig = microserviceRig({ takesAgain: false }, (topic, work) => {
    const kafka = new FakeKafka();

    return {
      microservice: { strategy: kafkaServer(kafka) },
      controller: answeringDesk(topic, work),
      use: () => ({
        offer: (piece) => kafka.deliver(topic, piece),
        fateOf(piece) {
          const reply = kafka.replies.find(
            ({ headers }) => String(headers['kafka_correlationId']) === piece,
          );
          if (!reply) return undefined;
          return 'kafka_nest-err' in reply.headers ? 'failed' : 'completed';
        },
      }),
    };
  });

  itKeepsTheContract(rig);
});

describe('a strategy of the user', () => {
  const rig = microserviceRig({ takesUntil: 'always', takesAgain: false }, (pattern, work) => {
    const pipe = new Pipe();

    return {
      microservice: { strategy: pipe },
      controller: answeringDesk(pattern, work),
      use: () => asking((piece) => pipe.ask(pattern, piece)),
    };
  });

  itKeepsTheContract(rig);
});

/** Messages within this process; what Nest's own transports do with them. */
class Pipe extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('pipe');

  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  on(): void {}

  unwrap(): never {
    throw new Error('there is nothing below');
  }

  ask(pattern: string, data: unknown): Observable<unknown> {
    return new Observable((caller) => {
      const context = new BaseRpcContext([pattern]);
      const over = () => this.onProcessingEndHook?.(this.transportId, context);
      const reply = ({ err, response, isDisposed }: WritePacket) => {
        if (err) caller.error(err);
        if (response !== undefined) caller.next(response);
        if (isDisposed) caller.complete();
      };
      this.onProcessingStartHook(this.transportId, context, async () => {
        const answer = await this.getHandlerByPattern(pattern)?.(data, context);
        this.send(this.transformToObservable(answer).pipe(finalize(over)), reply);
      });
    });
  }
}
