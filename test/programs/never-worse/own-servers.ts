import { Controller, Get, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, settings, tell, theModule } from './pair.js';

let open = true;

@Injectable()
class Pool implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    open = false;
  }
}

/** Closes the servers that main.ts has made, as Nest's recipe says. */
@Injectable()
class Servers implements OnApplicationShutdown {
  readonly all: Server[] = [];

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.all.map((server) => close(server)));
  }
}

async function close(server: Server): Promise<void> {
  const { port } = server.address() as AddressInfo; // to leave a registry
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
  });
  tell('closed by its owner', { port });
}

@Controller('orders')
class Orders {
  @Get()
  async list(): Promise<string> {
    tell('begun');
    await sleep(800);
    return open ? 'done' : 'the pool is closed';
  }
}

@Module({ imports: theModule(), controllers: [Orders], providers: [Pool, Servers] })
class App {}

const app = await createApplication(App, { logger: ['warn', 'error', 'log'] });
const { all } = app.get(Servers);

/** What the framework gives to put a server around. */
function listener(): RequestListener {
  const instance: RequestListener & { routing: RequestListener } = app
    .getHttpAdapter()
    .getInstance();
  return settings.platform === 'fastify' ? instance.routing : instance;
}

const ways: Record<string, () => Server> = {
  'the instance': () => createServer(listener()),
  'a function that calls it': () =>
    createServer((request, response) => listener()(request, response)),
  'a listener that is added later': () => createServer().on('request', listener()),
  'the server of the adapter': () =>
    createServer((request, response) => app.getHttpServer().emit('request', request, response)),
};

if (settings['beforeInit']) all.push(ways['the instance']().listen(0, '127.0.0.1'));
await app.init();
if (settings.platform === 'fastify') await app.getHttpAdapter().getInstance().ready();
for (const way of Object.values(ways)) all.push(way().listen(0, '127.0.0.1'));
await sleep(50);
tell('listening', { ports: all.map((server) => (server.address() as AddressInfo).port) });
