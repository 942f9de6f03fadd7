import {
  Body,
  Controller,
  Get,
  Injectable,
  Post,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { WarmUp, type WarmUpContext } from '../../lib/decorators/warm-up.decorator.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { eventually } from '../support/eventually.js';
import { HttpApp, type HttpAppSetup } from '../support/http-app.js';
import { H2C, H2_TLS } from '../support/http2-app.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';

/** A cache, and what each request found in it. */
@Injectable()
class Cache implements OnModuleDestroy {
  fill = () => undefined as unknown;
  full = false;
  context?: WarmUpContext;
  begun = false;
  destroyed = false;

  async load(context?: WarmUpContext): Promise<void> {
    this.begun = true;
    this.context = context;
    await this.fill();
    this.full = true;
  }

  onModuleDestroy(): void {
    this.destroyed = true;
  }
}

@Injectable()
class Marked {
  constructor(private readonly cache: Cache) {}

  @WarmUp({ name: 'Cache@load' })
  load(context: WarmUpContext): Promise<void> {
    return this.cache.load(context);
  }
}

/** The control: the same work, begun as the application starts, and nobody waits for it. */
@Injectable()
class Unmarked implements OnApplicationBootstrap {
  constructor(private readonly cache: Cache) {}

  onApplicationBootstrap(): void {
    void this.cache.load();
  }
}

@Controller()
class Catalogue {
  readonly asked: string[] = [];

  constructor(private readonly cache: Cache) {}

  @Get('products')
  products(): string {
    this.asked.push(this.cache.full ? 'warm' : 'cold');
    return this.asked.at(-1) ?? '';
  }

  @Post('search')
  search(@Body() body: { readonly term?: string }): string {
    this.asked.push(`search ${body.term}`);
    return 'found';
  }

  @Get('broken')
  broken(): never {
    throw new Error('no such table');
  }
}

interface Setup extends Omit<HttpAppSetup, 'module'> {
  readonly isMarked?: boolean;
  readonly failsWith?: Error;
}

/** An application whose cache is empty until the test lets it be filled, or fails. */
async function start({ isMarked = true, failsWith, ...setup }: Setup): Promise<{
  readonly app: HttpApp;
  readonly cache: Cache;
  readonly catalogue: Catalogue;
  readonly fill: () => void;
}> {
  let fill!: () => void;
  const filled = new Promise<void>((resolve) => (fill = resolve));
  const app = await HttpApp.start({
    ...setup,
    module: { providers: [Cache, isMarked ? Marked : Unmarked], controllers: [Catalogue] },
    configure: (nest) => {
      nest.get(Cache).fill = () => (failsWith ? Promise.reject(failsWith) : filled);
    },
  });
  return { app, cache: app.app.get(Cache), catalogue: app.app.get(Catalogue), fill };
}

interface Probe {
  readonly status: number;
  readonly body: { readonly error?: unknown };
}

async function probe({ port }: HttpApp, name: 'live' | 'ready' | 'startup'): Promise<Probe> {
  const response = await fetch(`http://127.0.0.1:${port}/health/${name}`);
  return { status: response.status, body: (await response.json()) as Probe['body'] };
}

async function get({ port }: HttpApp, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

/** A load balancer: sends the first request once readiness is up. */
async function firstAnswerOnceReady(app: HttpApp): Promise<string> {
  while ((await probe(app, 'ready')).status !== 200);
  return get(app, '/products');
}

describeOnPlatforms(({ platform }) => {
  it('holds readiness back until its methods are over, so that the first request finds it warm', async () => {
    const { app, cache, fill } = await start({ platform });
    await eventually('the method', () => cache.begun);

    for (const name of ['ready', 'startup'] as const) {
      expect(await probe(app, name)).toMatchObject({
        status: 503,
        body: { error: { 'warm-up': { status: 'down', message: 'warming up' } } },
      });
    }
    expect((await probe(app, 'live')).status).toBe(200);
    expect(app.graceful.state).toBe('starting');

    const first = firstAnswerOnceReady(app);
    fill();
    expect(await first).toBe('warm');
    expect(app.graceful.state).toBe('ready');
    expect(await app.log.until(/^Warmed up/)).toMatch(
      /^Warmed up in \S+ m?s, readiness is open \(Cache@load \S+ m?s\) \[warmed-up\]$/,
    );
  });

  it('without it, the first request finds it cold', async () => {
    const { app, cache } = await start({ platform, isMarked: false });
    await eventually('the method', () => cache.begun);
    expect(await firstAnswerOnceReady(app)).toBe('cold');
  });

  it('sends requests to itself after that, as often as wanted, with their bodies', async () => {
    const requests = [
      { path: '/products', times: 3 },
      { method: 'POST', path: '/search', body: { term: 'tea' } },
      'GET /products?page=2',
    ];
    const { app, catalogue, fill } = await start({ platform, options: { warmUp: { requests } } });
    expect(catalogue.asked).toEqual([]);
    fill();
    await firstAnswerOnceReady(app);
    expect(catalogue.asked).toEqual(['warm', 'warm', 'warm', 'search tea', 'warm', 'warm']);
    expect(await app.log.until(/^Warming up/)).toBe(
      'Warming up before readiness opens, at most 30 s: Cache@load, GET /products x3, POST /search, ' +
        'GET /products?*** [warming-up]',
    );
  });

  it('says what fails, and is ready all the same', async () => {
    const { app } = await start({
      platform,
      options: { warmUp: { requests: ['GET /broken', '/nowhere', '/products'] } },
      failsWith: new Error('ECONNREFUSED'),
    });
    expect(await firstAnswerOnceReady(app)).toBe('cold');
    expect(app.log.lines.filter((line) => line.endsWith('[warm-up-failed]'))).toEqual([
      'The warm-up Cache@load failed: ECONNREFUSED. Readiness does not wait for it. [warm-up-failed]',
      'The warm-up GET /broken failed: it was answered with 500. Readiness does not wait for it. [warm-up-failed]',
      'The warm-up GET /nowhere failed: it was answered with 404. Readiness does not wait for it. [warm-up-failed]',
    ]);
    expect(await app.log.until(/^Warmed up/)).toMatch(/\(GET \/products \S+ ms\) /);
  });

  it('opens readiness at its limit, and names what is slow and what was not begun', async () => {
    const { app, cache } = await start({
      platform,
      options: { warmUp: { timeoutMs: 50, requests: ['/products'] } },
    });
    expect(await firstAnswerOnceReady(app)).toBe('cold');
    expect(await app.log.until(/warm-up-slow/)).toBe(
      'The warm-up is not over after 50 ms (warmUp.timeoutMs), and readiness is open without it. Still running: ' +
        'Cache@load; not begun: GET /products [warm-up-slow]',
    );
    expect(cache.context?.signal.aborted).toBe(true);
    expect(cache.context?.remainingMs).toBe(0);
  });

  it('a shutdown tells what warms up to stop, and closes nothing before it has', async () => {
    const { app, cache, fill } = await start({ platform });
    await eventually('the method', () => cache.begun);
    let destroyedAtEnd: boolean | undefined;
    cache.context?.signal.addEventListener('abort', () => {
      setImmediate(() => {
        destroyedAtEnd = cache.destroyed;
        fill();
      });
    });

    app.signal('SIGTERM');
    expect(await app.exited()).toBe(0);

    expect(destroyedAtEnd).toBe(false);
    expect(cache.destroyed).toBe(true);
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    expect(app.log.lines.join()).not.toContain('[warmed-up]');
    expect(app.process.listenerCount()).toBe(0);
  });

  it('one that does not hear of the shutdown is left behind, and named', async () => {
    const { app, cache } = await start({ platform });
    await eventually('the method', () => cache.begun);

    await app.close();

    expect(cache.destroyed).toBe(true);
    expect(app.report).toMatchObject({
      outcome: 'forced',
      unfinished: [{ kind: 'work', name: 'warm-up Cache@load', fate: 'abandoned' }],
    });
  });

  it('is in the plan', async () => {
    const { app, fill } = await start({
      platform,
      options: { warmUp: { requests: ['/products'], timeoutMs: 5_000 } },
    });
    fill();
    const plan = app.graceful.plan();
    expect(plan.warmUp).toEqual({
      timeoutMs: 5_000,
      methods: ['Cache@load'],
      requests: ['GET /products'],
    });
    expect(String(plan)).toContain('before readiness, at most 5 s: Cache@load, GET /products');
  });

  it('runs where the module is switched off, for it is no part of the shutdown', async () => {
    const { app, fill } = await start({ platform, options: { enabled: false } });
    expect((await probe(app, 'ready')).status).toBe(503);
    fill();
    expect(await firstAnswerOnceReady(app)).toBe('warm');
    expect(app.graceful.state).toBe('ready');
    await app.app.close();
  });
});

const ONE: GracefulOptions = { warmUp: { requests: ['/products'] } };

describeOnTransports((target) => {
  it('reaches itself', async () => {
    const { app, catalogue, fill } = await start({ ...target, options: ONE });
    fill();
    await app.log.until(/^Warmed up/);
    expect(catalogue.asked).toEqual(['warm']);
  });
});

describe.each([H2C, H2_TLS])('HTTP/2 on $name', (target) => {
  it('reaches itself', async () => {
    const { app, catalogue, fill } = await start({ ...target, options: ONE });
    fill();
    await app.log.until(/^Warmed up/);
    expect(catalogue.asked).toEqual(['warm']);
    await app.close();
    expect(app.report.outcome).toBe('clean');
  });
});
