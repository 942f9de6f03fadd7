import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, KafkaContext, Payload, Transport } from '@nestjs/microservices';
import { once } from 'node:events';
import { settings, tell, theModule } from '../pair.js';

const { broker, topic } = settings as { readonly broker?: string; readonly topic?: string };

@Injectable()
class Pool implements OnModuleDestroy {
  isOpen = true;

  onModuleDestroy(): void {
    this.isOpen = false;
  }
}

/** Acknowledges when it is done, as Nest's documentation has it: `autoCommit: false`, and `commitOffsets()`. */
@Controller()
class Orders {
  constructor(private readonly pool: Pool) {}

  @EventPattern(topic)
  async take(@Payload() order: object, @Ctx() context: KafkaContext): Promise<void> {
    tell('begun', { order });
    await once(process, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500)); // by then plain Nest has closed everything
    tell('handled', { pool: this.pool.isOpen ? 'open' : 'closed' });
    const offset = String(Number(context.getMessage().offset) + 1);
    const partition = context.getPartition();
    await context.getConsumer().commitOffsets([{ topic: topic ?? '', partition, offset }]);
  }
}

@Module({ imports: theModule({ gracePeriodMs: 15_000 }), controllers: [Orders], providers: [Pool] })
class App {}

const app = await NestFactory.createMicroservice(App, {
  transport: Transport.KAFKA,
  options: {
    client: { brokers: [broker ?? ''], logLevel: 1 },
    consumer: {
      groupId: topic ?? '',
      sessionTimeout: 10_000,
      rebalanceTimeout: 6_000,
      maxWaitTimeInMs: 200,
    },
    subscribe: { fromBeginning: true },
    run: { autoCommit: false },
  },
  logger: ['warn', 'error', 'log'],
});
app.enableShutdownHooks();
await app.listen();
tell('listening');
