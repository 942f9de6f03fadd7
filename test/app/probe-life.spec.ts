import {
  Controller,
  Get,
  Injectable,
  type ModuleMetadata,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReadinessCheck } from '../../lib/decorators/check.decorators.js';
import { CLOCK, PROCESS_PORT } from '../../lib/tokens.js';
import { GracefulModule } from '../../lib/graceful.module.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { systemClock } from '../../lib/time/system-clock.js';
import { eventually } from '../support/eventually.js';
import { FakeProcess } from '../support/fake-process.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { RecordingLogger } from '../support/recording-logger.js';

const OWN_PORT = { probes: { port: 0, host: '127.0.0.1' } };

function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

/** A provider whose first and last hooks wait for the test. */
@Injectable()
class Slow implements OnModuleInit, OnModuleDestroy {
  readonly init = gate();
  readonly destroy = gate();
  destroying = false;

  onModuleInit(): Promise<void> {
    return this.init.promise;
  }

  onModuleDestroy(): Promise<void> {
    this.destroying = true;
    return this.destroy.promise;
  }
}

/** An application without HTTP. */
async function compile(options: GracefulOptions, metadata: ModuleMetadata = {}) {
  const process = new FakeProcess();
  const log = new RecordingLogger();
  const app = await Test.createTestingModule({
    ...metadata,
    imports: [GracefulModule.forRoot({ platform: 'none', gracePeriodMs: 60_000, ...options })],
  })
    .setLogger(log)
    .overrideProvider(CLOCK)
    .useValue(systemClock)
    .overrideProvider(PROCESS_PORT)
    .useValue(process)
    .compile();
  return { app, process, log };
}

async function ownPort(log: RecordingLogger): Promise<number> {
  return Number(/^Probes on .*:(\d+) \[/.exec(await log.until(/^Probes on/))?.[1]);
}

async function statusOf(port: number, probe: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/health/${probe}`);
  await response.text();
  return response.status;
}

async function allOf(port: number): Promise<number[]> {
  return Promise.all(['live', 'startup', 'ready'].map((probe) => statusOf(port, probe)));
}

describe('probes on a port of their own', () => {
  it('answer from before the first hook of bootstrap to after the last of shutdown, without HTTP', async () => {
    const { app, process, log } = await compile(OWN_PORT, { providers: [Slow] });
    const slow = app.get(Slow);

    const starting = app.init();
    const port = await ownPort(log);
    expect(await allOf(port)).toEqual([200, 503, 503]);

    slow.init.open();
    await starting;
    expect(await allOf(port)).toEqual([200, 200, 200]);

    process.send('SIGTERM');
    await eventually('the hooks', () => slow.destroying);
    expect(await allOf(port)).toEqual([200, 200, 503]);

    slow.destroy.open();
    await eventually('the exit', () => process.exits.length > 0);
    expect(process.exits).toEqual([0]);
    await expect(statusOf(port, 'live')).rejects.toThrow('fetch failed');
    expect(process.listenerCount()).toBe(0);
  });

  it('refuse readiness at once when a signal comes during bootstrap', async () => {
    const { app, process, log } = await compile(OWN_PORT, { providers: [Slow] });
    const slow = app.get(Slow);
    const starting = app.init();
    const port = await ownPort(log);

    process.send('SIGTERM');
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'shutting_down',
      error: { shutdown: { status: 'down', message: 'shutting down (SIGTERM)' } },
    });

    slow.init.open();
    slow.destroy.open();
    await starting;
    await eventually('the exit', () => process.exits.length > 0);
  });

  it('that is taken stop the boot with an error that says so, and nothing is left behind', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { app, process } = await compile({ probes: { port, host: '127.0.0.1' } });
    try {
      const booting = app.init();
      await expect(booting).rejects.toMatchObject({ code: 'GRACEFUL_PROBE_SERVER' });
      await expect(booting).rejects.toThrow(`The probes can't listen on 127.0.0.1:${port} (`);
    } finally {
      await close(app);
      taken.close();
    }
    expect(process.listenerCount()).toBe(0);
    expect(process.shields).toBe(0);
  });
});

/** Core 11 closes an application whose init has failed by failing with the same error again. */
async function close(app: TestingModule): Promise<void> {
  await app.close().catch(() => undefined);
}

@Injectable()
class Indicators {
  state: 'up' | 'down' = 'up';
  constructor(private readonly health: HealthIndicatorService) {}

  database(): object {
    const session = this.health.check('database');
    return this.state === 'up' ? session.up({ pool: 3 }) : session.down({ message: 'replica lag' });
  }

  cache(): object {
    return this.health.check('cache').up();
  }
}

@Injectable()
class Checks {
  constructor(private readonly indicators: Indicators) {}

  @ReadinessCheck()
  database(): object {
    return this.indicators.database();
  }

  @ReadinessCheck()
  async cache(): Promise<object> {
    return Promise.resolve(this.indicators.cache());
  }
}

/** The same indicators in Terminus' own way. */
@Controller()
class TerminusController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: Indicators,
  ) {}

  @Get('terminus')
  check(): unknown {
    return this.health.check([
      () => this.indicators.database() as never,
      () => this.indicators.cache() as never,
    ]);
  }
}

describeOnPlatforms(({ platform }) => {
  const module = {
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [TerminusController],
    providers: [Indicators, Checks],
  };

  it.each(['up', 'down'] as const)(
    'says what Terminus says of the same indicators, %s',
    async (state) => {
      const { app, port } = await HttpApp.start({ platform, module });
      app.get(Indicators).state = state;
      const terminus = await fetch(`http://127.0.0.1:${port}/terminus`);
      const probe = await fetch(`http://127.0.0.1:${port}/health/ready`);

      expect(probe.status).toBe(terminus.status);
      expect(await probe.json()).toEqual(await terminus.json());
      expect(probe.status).toBe(state === 'up' ? 200 : 503);
    },
  );

  it('answers GET and HEAD, and nobody may cache it', async () => {
    const { port } = await HttpApp.start({ platform });
    const ask = (method: string) =>
      fetch(`http://127.0.0.1:${port}/health/ready?verbose`, { method });

    for (const method of ['GET', 'HEAD']) {
      const response = await ask(method);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect((await response.text()).length > 0).toBe(method === 'GET');
    }
    const refused = await ask('POST');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('shows of a result that is no JSON only that, and goes on', async () => {
    const { app, port } = await HttpApp.start({ platform, module });
    const indicators = app.get(Indicators);
    const circle: { status: string; self?: object } = { status: 'up' };
    circle.self = circle;
    indicators.database = () => ({ database: circle });
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);

    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'error',
      message: 'the result of a check is no JSON',
    });
    expect(await statusOf(port, 'live')).toBe(200);
  });
});
