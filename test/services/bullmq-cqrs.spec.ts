import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { CqrsModule, EventBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Queue, type Job } from 'bullmq';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { redis, redisUrl, unique } from './servers.js';

const queueName = unique('orders');

class Shipped {
  constructor(readonly order: string) {}
}

@EventsHandler(Shipped)
class ShippedHandler implements IEventHandler<Shipped> {
  readonly handled: string[] = [];

  handle({ order }: Shipped): void {
    this.handled.push(order);
  }
}

/** It uses the event bus, as Nest's own documentation has it, and is closed by a hook. */
@Injectable()
class Warehouse implements OnModuleDestroy {
  private closed = false;

  constructor(private readonly events: EventBus) {}

  ship(order: string): void {
    if (this.closed) throw new Error('the warehouse is closed');
    this.events.publish(new Shipped(order));
  }

  onModuleDestroy(): void {
    this.closed = true;
  }
}

/** Jobs that publish by themselves, and jobs that leave it to a service. */
@Processor(queueName)
class Orders extends WorkerHost {
  static readonly work = new Work();

  constructor(
    private readonly events: EventBus,
    private readonly warehouse: Warehouse,
  ) {
    super();
  }

  async process({ name, id }: Job): Promise<void> {
    await Orders.work.run(String(id));
    if (name === 'publish') this.events.publish(new Shipped(String(id)));
    else this.warehouse.ship(String(id));
  }
}

/** The same without a service that has a hook, for which another rule has to give the order. */
@Processor(queueName)
class BareOrders extends WorkerHost {
  constructor(private readonly events: EventBus) {
    super();
  }

  async process({ id }: Job): Promise<void> {
    await Orders.work.run(String(id));
    this.events.publish(new Shipped(String(id)));
  }
}

const registered = BullModule.registerQueue({ name: queueName });

@Module({ imports: [registered], providers: [Orders, Warehouse, ShippedHandler] })
class OrdersModule {}

@Module({ imports: [registered], providers: [BareOrders, ShippedHandler] })
class BareOrdersModule {}

describeWith(redis, () => {
  const connection = { url: redisUrl };
  let queue: Queue;

  beforeAll(() => {
    queue = new Queue(queueName, { connection });
  });

  afterAll(async () => {
    await queue.obliterate({ force: true });
    await queue.close();
  });

  /** Closes the application while a job runs, which goes on when its worker has been told to stop. */
  async function closeAmid(
    job: 'publish' | 'ship',
    orders: typeof OrdersModule,
    options: {} | null,
  ) {
    const jobId = unique(job);
    const imports = [CqrsModule.forRoot(), BullModule.forRoot({ connection }), orders];
    const app = await HttpApp.start({ platform: 'Express', options, module: { imports } });
    await queue.add(job, {}, { jobId });
    await Orders.work.begun(jobId);
    const processor = orders === OrdersModule ? Orders : BareOrders;
    const { worker } = app.app.get<WorkerHost>(processor, { strict: false });
    worker.once('closing', () => Orders.work.finish(jobId));
    const closed = app.close();
    if (options) {
      // Before any hook the job is waited for.
      await app.phase('drain');
      Orders.work.finish(jobId);
    }
    await closed;
    const { handled } = app.app.get(ShippedHandler, { strict: false });
    const ended = await queue.getJob(jobId);
    return { failedReason: ended?.failedReason, handled: handled.includes(jobId) };
  }

  it.each([
    ['publishes itself', 'publish', OrdersModule],
    ['uses a service that publishes', 'ship', OrdersModule],
    ['publishes itself, in an application without such a service', 'publish', BareOrdersModule],
  ] as const)('the event of a running job that %s is handled', async (_what, job, orders) => {
    expect(await closeAmid(job, orders, {})).toEqual({ failedReason: undefined, handled: true });
  });

  it.each([
    ['publish', OrdersModule],
    ['ship', OrdersModule],
    ['publish', BareOrdersModule],
  ] as const)('the control: on plain Nest the event of "%s" is lost', async (job, orders) => {
    expect((await closeAmid(job, orders, null)).handled).toBe(false);
  });
});
