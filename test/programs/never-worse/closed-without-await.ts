/** Hot reload as in Nest's recipe: the old application is closed without `await`, and the new one takes its port. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createApplication, settings, tell, theModule } from './pair.js';

@Module({ imports: theModule() })
class App {}

async function bootstrap(port: number) {
  const application = await createApplication(App, { logger: false });
  await application.listen(port, '127.0.0.1');
  return application;
}

const first = await bootstrap(0);
const server = first.getHttpServer() as Server;
const { port } = server.address() as AddressInfo;
if (settings['keepsConnection']) await (await fetch(`http://127.0.0.1:${port}/`)).text();

void first.close();
setImmediate(() => tell('one turn later', { listening: server.listening }));
await new Promise((resolve) => setImmediate(resolve));
const second = await bootstrap(port).catch((error: NodeJS.ErrnoException) => {
  tell('refused', { code: error.code });
});
if (second) tell('listens again');
await second?.close();
process.exit();
