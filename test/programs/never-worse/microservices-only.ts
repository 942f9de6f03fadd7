/** A hybrid application that calls `startAllMicroservices()`, and neither `init()` nor `listen()`. */
import 'reflect-metadata';
import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, settings, tell, theModule } from './pair.js';

/** As much of @nestjs/microservices as is used here; its types are not where the programs are checked. */
interface Microservices {
  MessagePattern(this: void, pattern: string): MethodDecorator;
  Transport: { TCP: number };
  ClientProxyFactory: {
    create(options: object): {
      send(
        pattern: string,
        data: object,
      ): { subscribe(observer: { next(answer: string): void; error(): void }): unknown };
    };
  };
}
const name: string = '@nestjs/microservices';
const { ClientProxyFactory, MessagePattern, Transport } = (await import(name)) as Microservices;

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    tell('destroyed');
  }
}

@Controller()
class Slow {
  @MessagePattern('slow')
  async answer(): Promise<string> {
    tell('begun');
    await sleep(400);
    tell('answered');
    return 'answered';
  }
}

@Module({ imports: theModule(), controllers: [Slow], providers: [Pool] })
class App {}

const application = await createApplication(App, { logger: ['warn', 'error', 'log'] });
const host = '127.0.0.1';
const microservice = application.connectMicroservice<object>(
  { transport: Transport.TCP, options: { host, port: 0 } },
  { deferInitialization: settings['deferred'] === true },
);
await application.startAllMicroservices();
tell('started');
if (settings['asks']) {
  const { port } = microservice.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host, port } });
  client
    .send('slow', {})
    .subscribe({ next: (answer) => tell('heard', { answer }), error: () => tell('lost') });
}
