import { Injectable, Scope } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
} from '@nestjs/cqrs';
import { describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { HttpApp } from '../support/http-app.js';
import { Work } from '../support/work.js';

class Ship extends Command<void> {
  constructor(readonly how: string) {
    super();
  }
}
class Count extends Query<void> {}
class Ordered {
  constructor(readonly order: number) {}
}

@CommandHandler(Ship)
class ShipHandler {
  constructor(private readonly work: Work) {}

  execute({ how }: Ship): Promise<void> {
    return this.work.run(how);
  }
}

@QueryHandler(Count)
class CountHandler {
  constructor(private readonly work: Work) {}

  execute(): Promise<void> {
    return this.work.run('query');
  }
}

@EventsHandler(Ordered)
class OrderedHandler {
  constructor(private readonly work: Work) {}

  handle(): Promise<void> {
    return this.work.run('event');
  }
}

@EventsHandler({ scope: Scope.REQUEST }, Ordered)
class ScopedHandler {
  constructor(private readonly work: Work) {}

  handle(): Promise<void> {
    return this.work.run('scoped event');
  }
}

@Injectable()
class Sagas {
  @Saga()
  ordered = (events: Observable<object>): Observable<Ship> =>
    events.pipe(
      ofType(Ordered),
      map(() => new Ship('saga')),
    );
}

const kinds = ['command', 'event', 'query', 'saga', 'scoped event'];

/** Begins to close while a handler of each kind runs. */
async function closeAmidHandlers(options: GracefulOptions | null): Promise<HttpApp> {
  const module = {
    imports: [CqrsModule.forRoot()],
    providers: [ShipHandler, CountHandler, OrderedHandler, ScopedHandler, Sagas],
  };
  const app = await HttpApp.start({ platform: 'Express', options, module });
  void app.app.get(CommandBus).execute(new Ship('command'));
  void app.app.get(QueryBus).execute(new Count());
  app.app.get(EventBus).publish(new Ordered(1));
  await Promise.all(kinds.map((kind) => app.work.begun(kind)));
  void app.close();
  return app;
}

describe('handlers of @nestjs/cqrs', () => {
  it.each(kinds)('the last that runs is waited for: %s', async (last) => {
    const app = await closeAmidHandlers({});
    await app.phase('drain');
    app.work.finish(...kinds.filter((kind) => kind !== last));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(app.work.inFlightAtDestroy).toBeUndefined();
    app.work.finish(last);
    await app.close();

    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: plain Nest is closed while they run', async () => {
    const app = await closeAmidHandlers(null);
    await app.close();

    expect(app.work.inFlightAtDestroy).toBe(kinds.length);
    app.work.finish(...kinds);
  });

  it('what is cut at the deadline is in the report by its class', async () => {
    const app = await closeAmidHandlers({ gracePeriodMs: 300, shortGracePeriodForTests: true });
    app.work.finish('query', 'scoped event');
    await app.close();

    const names = app.report.unfinished.map(({ name }) => name);
    expect(names.toSorted()).toEqual(['OrderedHandler', 'Ship', 'Ship']);
    app.work.finish(...kinds);
  });
});
