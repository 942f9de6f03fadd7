import { Injectable, Scope } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { describe, expect, it } from '@jest/globals';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { HttpApp } from '../support/http-app.js';
import { Work } from '../support/work.js';

@Injectable()
class Receipts {
  constructor(private readonly work: Work) {}

  @OnEvent('ordered', { prependListener: true })
  async print(): Promise<void> {
    await this.work.run('print');
  }
}

@Injectable({ scope: Scope.REQUEST })
class Mails {
  constructor(private readonly work: Work) {}

  @OnEvent('ordered')
  async send(): Promise<void> {
    await this.work.run('send');
  }
}

/** Emits an event and begins to close while its listeners run. */
async function closeAmidEvent(options: GracefulOptions | null): Promise<HttpApp> {
  const imports = [EventEmitterModule.forRoot()];
  const module = { imports, providers: [Receipts, Mails] };
  const app = await HttpApp.start({ platform: 'Express', options, module });
  app.app.get(EventEmitter2).emit('ordered', { order: 1 });
  await Promise.all([app.work.begun('print'), app.work.begun('send')]);
  void app.close();
  return app;
}

describe('listeners of @nestjs/event-emitter', () => {
  it('those that run are waited for', async () => {
    const app = await closeAmidEvent({});
    await app.phase('drain');
    app.work.finish('send');
    expect(app.work.inFlightAtDestroy).toBeUndefined();
    app.work.finish('print');
    await app.close();

    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: plain Nest is closed while they run', async () => {
    const app = await closeAmidEvent(null);
    await app.close();

    expect(app.work.inFlightAtDestroy).toBe(2);
    app.work.finish('print', 'send');
  });

  it('what is cut at the deadline is in the report by its event', async () => {
    const app = await closeAmidEvent({ gracePeriodMs: 300, shortGracePeriodForTests: true });
    app.work.finish('send');
    await app.close();

    expect(app.report.unfinished).toEqual([
      expect.objectContaining({ kind: 'work', name: 'listener of ordered' }),
    ]);
    app.work.finish('print');
  });
});
