import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell, theModule } from '../pair.js';

/** A strategy as Nest's documentation writes it: it takes the handler out of the map and calls it. */
class QueueServer extends Server implements CustomTransportStrategy {
  // What its broker's connection would do: without the module nothing else keeps the process.
  private readonly connection = setInterval(() => undefined, 1_000);

  listen(callback: () => void): void {
    callback();
    setImmediate(() => void this.receive());
  }

  close(): void {
    clearInterval(this.connection);
  }

  on(): void {}

  unwrap(): never {
    throw new Error('there is nothing below');
  }

  private async receive(): Promise<void> {
    await this.messageHandlers.get('orders')?.({ number: 1 });
    tell('acknowledged');
  }
}

@Injectable()
class Pool implements OnModuleDestroy {
  open = true;

  onModuleDestroy(): void {
    this.open = false;
  }
}

@Controller()
class Orders {
  constructor(private readonly pool: Pool) {}

  @EventPattern<unknown>('orders')
  async handle(): Promise<void> {
    tell('begun');
    await sleep(500);
    tell('handled', { pool: this.pool.open ? 'open' : 'closed' });
  }
}

@Module({ imports: theModule(), controllers: [Orders], providers: [Pool] })
class App {}

const app = await NestFactory.createMicroservice(App, {
  strategy: new QueueServer(),
  logger: ['warn', 'error', 'log'],
});
app.enableShutdownHooks();
await app.listen();
