import {
  Controller,
  Get,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type INestApplication,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Graceful, Tracked } from 'nestjs-graceful';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { listen, settings, tell, theModule } from '../pair.js';

/** What asks for the end. */
const way = String(settings['way']);
let application: INestApplication;
let asked = false;

/** What a handler does that ends its own process, as one finds it: the hooks are over once `close()` has resolved. */
async function endAll(): Promise<void> {
  if (asked) return;
  asked = true;
  tell('asked');
  await sleep(10);
  await application.close();
  tell('closed');
  process.exit(0);
}

@Injectable()
class Store implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  async onModuleDestroy(): Promise<void> {
    tell('saving');
    await sleep(700);
    tell('saved');
  }

  async beforeApplicationShutdown(): Promise<void> {
    await sleep(50);
    tell('flushed');
  }

  async onApplicationShutdown(): Promise<void> {
    await sleep(50);
    tell('ended');
  }
}

@Injectable()
class Ways {
  @Cron('* * * * * *')
  async tick(): Promise<void> {
    if (way === 'a cron run') await endAll();
  }

  @OnEvent('stop')
  async listen(): Promise<void> {
    await endAll();
  }

  @Tracked()
  async tracked(): Promise<void> {
    await endAll();
  }
}

@Controller()
class Requests {
  @Get('stop')
  async stop(): Promise<void> {
    await endAll();
  }
}

@Controller()
class Messages {
  constructor(private readonly ways: Ways) {}

  @MessagePattern<unknown>('stop')
  async stop(): Promise<void> {
    await endAll();
  }

  @EventPattern<unknown>('stop it')
  async stopIt(): Promise<void> {
    await this.ways.tracked();
  }
}

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('stop')
  stop(): Promise<void> {
    return endAll();
  }

  /** What is in flight when the end is asked for; plain Nest does not wait for it. */
  @SubscribeMessage('work')
  async work(): Promise<void> {
    tell('work begun');
    await sleep(400);
    tell('work done');
  }
}

/** Somebody injects what the application can be ended by, so that its work is followed. */
@Injectable()
class Follower {
  constructor(readonly graceful: Graceful) {}
}

@Module({
  imports: [...theModule(), EventEmitterModule.forRoot(), ScheduleModule.forRoot()],
  controllers: [Messages, Requests],
  providers: [Store, Ways, Gateway, ...(settings['injected'] ? [Follower] : [])],
})
class App {}

application = await NestFactory.create(App, {
  logger: ['warn', 'error'],
  forceCloseConnections: settings['forced'] === true,
});
application.useWebSocketAdapter(new WsAdapter(application));
const rpcPort = Number(settings['rpcPort']);
application.connectMicroservice({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: rpcPort },
});
await application.startAllMicroservices();
await listen(application);

const { port } = application.getHttpServer().address() as { port: number };
const socket = new WebSocket(`ws://127.0.0.1:${port}`);
await new Promise((resolve) => socket.once('open', resolve));
const rpc = connect(rpcPort, '127.0.0.1');
rpc.on('error', () => undefined);
const write = (packet: object) => {
  const text = JSON.stringify(packet);
  rpc.write(`${text.length}#${text}`);
};
const ways: Record<string, () => unknown> = {
  'a request': () => fetch(`http://127.0.0.1:${port}/stop`).catch(() => undefined),
  'a message': () => write({ pattern: 'stop', data: 1, id: '1' }),
  'a tracked task of an event': () => write({ pattern: 'stop it', data: 1 }),
  'a message to a gateway': () => socket.send(JSON.stringify({ event: 'stop' })),
  'a listener': () => application.get(EventEmitter2).emit('stop'),
  'a tracked task': () => application.get(Ways).tracked(),
};
if (settings['busy']) {
  socket.send(JSON.stringify({ event: 'work' }));
  await sleep(50);
}
await ways[way]?.();
