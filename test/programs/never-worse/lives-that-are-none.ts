/** An application that lives, after some of which there is only an object. */
import 'reflect-metadata';
import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

@Injectable()
class Pool implements OnModuleDestroy, OnApplicationShutdown {
  constructor(private readonly of: string) {}

  onModuleDestroy(): void {
    tell('destroyed', { of: this.of });
  }

  onApplicationShutdown(): void {
    tell('shut down', { of: this.of });
  }
}

@Module({})
class App {
  static of(name: string, ...factories: Array<() => unknown>): DynamicModule {
    return {
      module: App,
      imports: theModule(),
      providers: [
        { provide: Pool, useFactory: () => new Pool(name) },
        ...factories.map((useFactory, index) => ({ provide: `value ${index}`, useFactory })),
      ],
    };
  }
}

const nest = { logger: settings['quiet'] ? (false as const) : (['warn', 'error', 'log'] as const) };
const options = { ...nest, abortOnError: false } as object;
const never = () => new Promise(() => undefined);

/** How they come to be, and what becomes of them. */
const lives: Record<string, (name: string) => Promise<unknown>> = {
  'a bootstrap that fails': async (name) => {
    const fails = () => Promise.reject(new Error('no database yet'));
    await NestFactory.create(App.of(name, fails), options).catch(() => tell('failed'));
  },
  'a bootstrap that fails in a hook': async (name) => {
    const fails = () => ({ onModuleInit: () => Promise.reject(new Error('no database yet')) });
    const application = await NestFactory.create(App.of(name, fails), options);
    await application.init().catch(() => tell('failed'));
  },
  'an application made to read its configuration': async (name) => {
    (await NestFactory.create(App.of(name), options)).get(Pool);
  },
  'one that was closed again': async (name) => {
    await (await NestFactory.create(App.of(name), options)).close();
    tell('closed');
  },
  'a context thrown away': async (name) => {
    await NestFactory.createApplicationContext(App.of(name), options);
  },
  'a testing module': async (name) => {
    await Test.createTestingModule({ imports: [App.of(name)] }).compile();
  },
  'one whose port is taken': async (name) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const application = await NestFactory.create(App.of(name), options);
    const { port } = other.address() as AddressInfo;
    await application.listen(port, '127.0.0.1').catch(() => tell('failed'));
    other.close();
  },
  'one whose bootstrap hangs': async (name) => {
    const hangs = () => ({ onModuleInit: never });
    const application = await NestFactory.create(App.of(name, hangs), options);
    void application.init();
  },
};

for (const life of settings['first'] as string[]) await lives[life]?.(life);
// What is thrown away may have set another logger.
await listen(await createApplication(App.of('the living one') as never, nest as object));
