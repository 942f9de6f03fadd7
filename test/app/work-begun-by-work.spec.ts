import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Graceful } from '../../lib/graceful.js';
import type { Integration, WorkCounter } from '../../lib/engine/integration.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';

/** A promise that the test settles. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

let [request, behind, listener] = [gate(), gate(), gate()];
let done: string[] = [];
let counter: WorkCounter | undefined;

beforeEach(() => {
  [request, behind, listener] = [gate(), gate(), gate()];
  done = [];
  counter = undefined;
});

/** Stands for listeners and handlers: work that other work begins. */
const listeners: Integration = {
  name: 'listeners',
  attach(host) {
    const own = host.counter();
    counter = own;
    host.add({
      name: 'listeners',
      kind: 'work',
      stopTaking: () => undefined,
      inFlight: () => own.list(),
      finished: (signal) => own.idle(signal),
    });
  },
};

@Injectable()
class Pool {
  onModuleDestroy(): void {
    done.push('pool closed');
  }
}

@Controller()
class OrdersController {
  constructor(private readonly graceful: Graceful) {}

  @Get('orders')
  async orders(): Promise<string> {
    await request.opened;
    void this.graceful.track(() => this.behind(), 'behind');
    return 'placed';
  }

  private async behind(): Promise<void> {
    await behind.opened;
    done.push('tracked work');
    const end = counter?.begin('listener');
    void listener.opened.then(() => {
      done.push('listener');
      end?.();
    });
  }
}

@Module({ controllers: [OrdersController], providers: [Pool] })
class OrdersModule {}

describe('work that is begun while everything drains, by what drains', () => {
  it('is waited for as well, however long the chain is', async () => {
    const app = await HttpApp.start({
      platform: 'Express',
      module: { imports: [OrdersModule] },
      options: { platform: 'none', gracePeriodMs: 60_000, integrations: [listeners] },
    });
    const client = await app.connect();
    client.get('/orders');
    await eventually('the request', () => app.app.get(Graceful).state === 'ready');
    const closed = app.close();
    await app.phase('drain');

    request.open();
    expect((await client.response()).body).toBe('placed');
    await client.ended(); // HTTP is over
    behind.open();
    await eventually('the listener', () => counter?.count === 1);
    listener.open();
    await closed;

    expect(done).toEqual(['tracked work', 'listener', 'pool closed']);
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('is waited for when it is all that is left', async () => {
    const app = await HttpApp.start({ platform: 'Express', module: { imports: [OrdersModule] } });
    const client = await app.connect();
    client.get('/orders');
    const closed = app.close();
    await app.phase('drain');

    request.open();
    expect((await client.response()).body).toBe('placed');
    await client.ended();
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    behind.open();
    await closed;

    expect(done).toEqual(['tracked work', 'pool closed']);
  });
});
