import {
  Global,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CqrsModule, EventBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';

class Stopped {
  constructor(readonly who: string) {}
}

/** What the handler needs, gone after its hook. */
@Injectable()
class Ledger implements OnModuleDestroy {
  readonly entries: string[] = [];
  private closed = false;

  write(entry: string): void {
    this.entries.push(this.closed ? `${entry}, too late` : entry);
  }

  onModuleDestroy(): void {
    this.closed = true;
  }
}

@EventsHandler(Stopped)
class StoppedHandler implements IEventHandler<Stopped> {
  constructor(private readonly ledger: Ledger) {}

  handle({ who }: Stopped): void {
    this.ledger.write(who);
  }
}

@Injectable()
class Orders implements OnApplicationShutdown {
  constructor(private readonly events: EventBus) {}

  onApplicationShutdown(): void {
    this.events.publish(new Stopped('orders'));
  }
}

@Injectable()
class Stock implements OnModuleDestroy {
  constructor(private readonly events: EventBus) {}

  onModuleDestroy(): void {
    this.events.publish(new Stopped('stock'));
  }
}

/** Global like the event bus and imported before it, so Nest destroys it later. */
@Global()
@Module({ providers: [Stock] })
class StockModule {}

@Module({ providers: [Orders] })
class OrdersModule {}

@Module({ providers: [Ledger, StoppedHandler] })
class LedgerModule {}

describe('the event bus, which drops its handlers in onModuleDestroy', () => {
  async function close(options: {} | null): Promise<string[]> {
    const imports = [StockModule, OrdersModule, LedgerModule, CqrsModule.forRoot()];
    const app = await HttpApp.start({ platform: 'Express', options, module: { imports } });
    await app.close();
    return app.app.get(Ledger, { strict: false }).entries;
  }

  it('events that providers publish in their hooks reach their handler, and it what it needs', async () => {
    expect((await close({})).toSorted()).toEqual(['orders', 'stock']);
  });

  it('the control: on plain Nest they are lost without a word', async () => {
    expect(await close(null)).toEqual([]);
  });
});
