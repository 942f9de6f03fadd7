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

/** What a handler needs, gone after its hook. */
class Book {
  readonly entries: string[] = [];
  protected closed = false;

  write(entry: string): void {
    this.entries.push(this.closed ? `${entry}, too late` : entry);
  }
}

@Injectable()
class Ledger extends Book implements OnModuleDestroy {
  onModuleDestroy(): void {
    this.closed = true;
  }
}

@Injectable()
class Archive extends Book implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    this.closed = true;
  }
}

@EventsHandler(Stopped)
class StoppedHandler implements IEventHandler<Stopped> {
  constructor(
    private readonly ledger: Ledger,
    private readonly archive: Archive,
  ) {}

  handle({ who }: Stopped): void {
    this.ledger.write(who);
    this.archive.write(who);
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

@Module({ providers: [Ledger, Archive, StoppedHandler] })
class LedgerModule {}

describe('the event bus, which drops its handlers in onModuleDestroy', () => {
  async function close(options: {} | null): Promise<{ ledger: string[]; archive: string[] }> {
    const imports = [StockModule, OrdersModule, LedgerModule, CqrsModule.forRoot()];
    const app = await HttpApp.start({ platform: 'Express', options, module: { imports } });
    await app.close();
    const [ledger, archive] = [Ledger, Archive].map(
      (book) => app.app.get<Book>(book, { strict: false }).entries,
    );
    return { ledger, archive };
  }

  it('events that providers publish in their hooks reach their handler, and it what it needs', async () => {
    const { ledger, archive } = await close({});
    expect(archive).toEqual(['stock', 'orders']);
    // Nest ends it two stages before the orders.
    expect(ledger).toEqual(['stock', 'orders, too late']);
  });

  it('the control: on plain Nest they are lost without a word', async () => {
    expect(await close(null)).toEqual({ ledger: [], archive: [] });
  });
});
