// An application that does next to nothing for a piece of work of one kind, so that what surrounds its handler is as visible
// as can be. Resolved from an install with all of Nest's official packages: see ../support/prepare.mjs.
import { Processor, WorkerHost, BullModule } from '@nestjs/bullmq';
import { Controller, Injectable, Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CommandHandler, CqrsModule } from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { MessagePattern, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { AddressInfo, Server } from 'node:net';
import { GracefulModule, Tracked } from 'nestjs-graceful'; // both arms load it: its import is not what is measured

/** A kind of work: what the application has for it, and how it is begun. */
interface Kind {
  readonly imports?: NonNullable<Parameters<typeof Module>[0]['imports']>;
  readonly controllers?: Type[];
  readonly providers?: Type[];
  /** A transport of microservices. */
  readonly transport?: () => MicroserviceOptions;
  /** Does it once, inside of the process; what comes from outside has none. */
  readonly begin?: (app: INestApplication) => () => Promise<unknown>;
}

const env = (name: string, fallback: string) => process.env[name] ?? fallback;
const queue = env('QUEUE', 'bench');
const reply = (id: unknown) => ({ id, item: 'tea', quantity: 2 });
let done = 0;

@Controller()
class OrdersController {
  @MessagePattern('order')
  order(id: unknown) {
    return reply(id);
  }
}

@WebSocketGateway()
class OrdersGateway {
  @SubscribeMessage('order')
  order(@MessageBody() id: unknown) {
    return { event: 'order', data: reply(id) };
  }
}

@Processor(queue, { concurrency: 16 })
class OrdersWorker extends WorkerHost {
  override async process(): Promise<unknown> {
    done += 1;
    return reply(done);
  }
}

@Injectable()
class OrderListener {
  @OnEvent('order')
  async order(): Promise<void> {
    done += 1;
  }
}

class PlaceOrder {
  constructor(readonly id: number) {}
}

@CommandHandler(PlaceOrder)
class PlaceOrderHandler {
  async execute({ id }: PlaceOrder): Promise<unknown> {
    return reply(id);
  }
}

class Orders {
  async place(id: number): Promise<unknown> {
    return reply(id);
  }
}

@Injectable()
class TrackedOrders extends Orders {
  @Tracked()
  override async place(id: number): Promise<unknown> {
    return reply(id);
  }
}
const ordersOf = env('MODULE', 'no') === 'yes' ? TrackedOrders : Orders;

const kinds: Record<string, Kind> = {
  tcp: {
    controllers: [OrdersController],
    transport: () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } }),
  },
  nats: {
    controllers: [OrdersController],
    transport: () => ({
      transport: Transport.NATS,
      options: { servers: [env('NATS_URL', 'nats://127.0.0.1:4222')], queue },
    }),
  },
  rabbitmq: {
    controllers: [OrdersController],
    transport: () => ({
      transport: Transport.RMQ,
      options: {
        urls: [env('RABBITMQ_URL', 'amqp://127.0.0.1:5672')],
        queue,
        queueOptions: { durable: false, autoDelete: true },
      },
    }),
  },
  websocket: { providers: [OrdersGateway] },
  bullmq: {
    imports: [
      BullModule.forRoot({ connection: { url: env('REDIS_URL', 'redis://127.0.0.1:6379') } }),
      BullModule.registerQueue({ name: queue }),
    ],
    providers: [OrdersWorker],
  },
  event: {
    imports: [EventEmitterModule.forRoot()],
    providers: [OrderListener],
    begin: (app) => {
      const events = app.get(EventEmitter2);
      return () => events.emitAsync('order', { id: 1 });
    },
  },
  command: {
    imports: [CqrsModule.forRoot()],
    providers: [PlaceOrderHandler],
    begin: (app) => {
      const commands = app.get(CommandBus);
      return () => commands.execute(new PlaceOrder(1));
    },
  },
  tracked: {
    providers: [ordersOf],
    begin: (app) => {
      const orders = app.get(ordersOf);
      return () => orders.place(1);
    },
  },
};

const kind = kinds[env('KIND', '')];
if (!kind) throw new Error(`KIND is none of ${Object.keys(kinds).join(', ')}`);
const module = GracefulModule.forRoot({ platform: 'none' });

@Module({
  imports: [...(kind.imports ?? []), ...(env('MODULE', 'no') === 'yes' ? [module] : [])],
  controllers: kind.controllers ?? [],
  providers: kind.providers ?? [],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
const microservice = kind.transport && app.connectMicroservice(kind.transport());
await app.startAllMicroservices();
await app.listen(0, '127.0.0.1');
const once = kind.begin?.(app) ?? (async () => undefined);
const port = (server: unknown) => ((server as Server).address() as AddressInfo).port;
const tcp = env('KIND', '') === 'tcp' ? port(microservice?.unwrap()) : undefined;
process.stdout.write(
  `${JSON.stringify({ event: 'listening', port: tcp ?? port(app.getHttpServer()) })}\n`,
);

/** So many at once, as messages of several clients would be. */
const AT_ONCE = 32;

async function work(ms: number): Promise<number> {
  const end = performance.now() + ms;
  let count = 0;
  while (performance.now() < end) {
    for (let batch = 0; batch < 50; batch += 1) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => once()));
      count += AT_ONCE;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return count;
}

process.on('message', (order: { work?: number }) => {
  const answer = (count: number) => process.send?.({ count, cpu: process.cpuUsage() });
  if (order.work === undefined) answer(done);
  else void work(order.work).then(answer);
});
