import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  OnAnnounce,
  OnClose,
  OnFlush,
  ReadinessCheck,
  type GracefulOptions,
  type ShutdownContext,
} from '../../lib/index.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { TeardownApp } from '../support/teardown-app.js';

const notes: string[] = [];
afterEach(() => void notes.splice(0));

@Injectable()
class Hooked implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  onModuleDestroy(): void {
    notes.push('onModuleDestroy');
  }
  beforeApplicationShutdown(signal?: string): void {
    notes.push(`beforeApplicationShutdown ${signal}`);
  }
  onApplicationShutdown(signal?: string): void {
    notes.push(`onApplicationShutdown ${signal}`);
  }
}

@Injectable()
class Marked {
  isUp = true;
  @OnAnnounce()
  leave({ phase }: ShutdownContext): void {
    notes.push(phase);
  }
  @OnFlush({ timeoutMs: 500 })
  flush({ phase, remainingMs, reason }: ShutdownContext): void {
    notes.push(`${phase} ${reason.kind} ${remainingMs <= 500}`);
  }
  @OnClose()
  close({ phase, signal }: ShutdownContext): void {
    notes.push(`${phase} ${signal.aborted}`);
  }
  @OnFlush()
  fails(): void {
    throw new Error('no route to the collector');
  }
  @ReadinessCheck()
  check() {
    return { marked: { status: this.isUp ? ('up' as const) : ('down' as const) } };
  }
}

const off: GracefulOptions = { enabled: false };

describeOnPlatforms((target) => {
  const start = (options: GracefulOptions | null, module = {}) =>
    HttpApp.start({ ...target, options, module });

  /** What became of a close in the middle of a request, in the order of time. */
  async function closedAmidRequest(options: GracefulOptions | null): Promise<string[]> {
    const app = await start(options, { providers: [Hooked] });
    const client = await app.connect();
    const answer = client.get('/work/slow').response();
    await app.work.begun('slow');
    const closing = app.close();
    setImmediate(() => app.work.finish('slow'));
    const { status } = await answer;
    client.vanish(); // Fastify keeps the connection of what was in flight, and waits for that
    await closing;
    return [...notes.splice(0), `${app.work.inFlightAtDestroy} in flight`, `answered ${status}`];
  }

  it('is torn down by a switched-off module as by plain Nest, under its requests, which the module would wait for', async () => {
    const plain = await closedAmidRequest(null);
    expect(await closedAmidRequest(off)).toEqual(plain);
    expect(plain).toContain('1 in flight');
    expect(await closedAmidRequest({})).toContain('0 in flight');
  });

  it('listens to no signal', async () => {
    const [switchedOff, switchedOn] = [await start(off), await start({})];
    expect(switchedOff.process.listenerCount()).toBe(0);
    expect(switchedOn.process.listenerCount()).toBeGreaterThan(0);
  });

  it('answers its probes, by what checks and drain() say', async () => {
    const app = await start(off, { providers: [Marked] });
    const client = await app.connect();
    const ready = async () => (await client.get('/health/ready').response()).status;
    expect((await client.get('/health/live').response()).status).toBe(200);
    expect((await client.get('/health/startup').response()).status).toBe(200);
    expect(await ready()).toBe(200);
    app.app.get(Marked).isUp = false;
    expect(await ready()).toBe(503);
    app.app.get(Marked).isUp = true;
    expect(await app.graceful.drain()).toBe(true);
    expect(await ready()).toBe(503);
    expect(app.graceful.resume()).toBe(true);
    expect(await ready()).toBe(200);
  });
});

describe('with the module switched off', () => {
  const start = (options: GracefulOptions = off) =>
    TeardownApp.start({ options, providers: [Hooked, Marked] });

  it('decorated methods are called with the hooks of Nest, and none fails the others', async () => {
    const app = await start();
    await app.close('SIGTERM');
    expect(notes).toEqual([
      'announce',
      'flush close true',
      'onModuleDestroy',
      'beforeApplicationShutdown SIGTERM',
      'onApplicationShutdown SIGTERM',
      'close false',
    ]);
    expect(app.log.lines.join('\n')).toContain('no route to the collector');
  });

  it('says so at boot', async () => {
    const app = await start();
    await app.close();
    expect(app.log.lines.join('\n')).toContain('The module is switched off');
  });

  it('tells of its states, and aborts its signal', async () => {
    const app = await start();
    const { graceful } = app;
    const states: string[] = [];
    graceful.states.subscribe((state) => states.push(state));
    expect(await graceful.track(async () => 'tracked')).toBe('tracked');
    graceful.hold('held')[Symbol.dispose]();
    expect(graceful.plan().phases.map(({ name }) => name)).toContain('drain');
    expect(graceful.signal.aborted).toBe(false);
    await app.close();
    expect(graceful.signal.aborted).toBe(true);
    expect(states).toEqual(['ready', 'draining', 'closing']);
    expect(graceful.reason).toEqual({ kind: 'close' });
  });

  it('shutdown() closes the application and ends the process', async () => {
    const app = await start();
    const report = await app.graceful.shutdown('lost the lock', { exitCode: 3 });
    expect(report).toMatchObject({ reason: { kind: 'request' }, outcome: 'clean', phases: [] });
    expect(app.process.exits).toEqual([3]);
    expect(notes).toContain('onApplicationShutdown undefined');
  });

  it('a port of the probes opens, and closes with the application', async () => {
    const app = await start({ ...off, probes: { port: 0 } });
    const port = /Probes on 0\.0\.0\.0:(\d+)/.exec(app.log.lines.join('\n'))?.[1];
    const ready = () => fetch(`http://127.0.0.1:${port}/health/ready`);
    expect((await ready()).status).toBe(200);
    await app.close();
    await expect(ready()).rejects.toThrow('fetch failed');
  });
});
