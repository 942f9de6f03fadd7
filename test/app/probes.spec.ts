import { Controller, Get, Injectable, Scope } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { expect, it } from '@jest/globals';
import {
  LivenessCheck,
  ReadinessCheck,
  StartupCheck,
} from '../../lib/decorators/check.decorators.js';
import { GracefulHealthIndicator } from '../../lib/health/graceful-health.indicator.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

interface Probe {
  status: number;
  body: { status: string; info: object; error: object; details: object };
}

async function probe(port: number, path: string): Promise<Probe> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: (await response.json()) as Probe['body'] };
}

/** What the checks of a test answer; the test changes it. */
@Injectable()
class Answers {
  database: () => unknown = () => this.health.check('database').up({ pool: 3 });
  startup: () => unknown = () => ({ warmup: { status: 'up' } });
  live: () => unknown = () => ({ loop: { status: 'up' } });

  constructor(private readonly health: HealthIndicatorService) {}
}

@Injectable()
class Checks {
  constructor(private readonly answers: Answers) {}

  @ReadinessCheck({ timeoutMs: 100 })
  database(): unknown {
    return this.answers.database();
  }

  @StartupCheck()
  warmup(): unknown {
    return this.answers.startup();
  }

  @LivenessCheck()
  loop(): unknown {
    return this.answers.live();
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScoped {
  @ReadinessCheck()
  never(): unknown {
    return { never: { status: 'down' } };
  }
}

/** As people have it before they add this module. */
@Controller()
class TerminusController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly graceful: GracefulHealthIndicator,
  ) {}

  @Get('healthz')
  healthz(): unknown {
    return this.health.check([() => ({ it: { status: 'up' } })]);
  }

  @Get('with-indicator')
  withIndicator(): unknown {
    return this.health.check([() => this.graceful.isReady()]);
  }
}

const module = {
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [TerminusController],
  providers: [Answers, Checks],
};

describeOnPlatforms(({ platform }) => {
  it("answers with its checks, in Terminus' format", async () => {
    const { port } = await HttpApp.start({ platform, module });
    const database = { database: { status: 'up', pool: 3 } };

    expect(await probe(port, '/health/ready')).toEqual({
      status: 200,
      body: { status: 'ok', info: database, error: {}, details: database },
    });
    expect((await probe(port, '/health/live')).body.info).toEqual({ loop: { status: 'up' } });
    expect((await probe(port, '/health/startup')).body.info).toEqual({ warmup: { status: 'up' } });
  });

  it.each([
    ['is down', () => ({ database: { status: 'down' } }), { status: 'down' }],
    [
      'throws',
      () => {
        throw new Error('postgres://user:secret@host');
      },
      { status: 'down', message: 'the check failed; the log says why' },
    ],
    [
      'hangs',
      () => new Promise(() => undefined),
      { status: 'down', message: 'no answer within 100 ms' },
    ],
    [
      'returns nonsense',
      () => 'fine',
      { status: 'down', message: 'the check returned no indicator result' },
    ],
  ])('is down while a check %s, and up again after', async (_how, answer, error) => {
    const app = await HttpApp.start({ platform, module });
    const answers = app.app.get(Answers);
    const { database } = answers;
    answers.database = answer;

    expect(await probe(app.port, '/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'error', info: {}, error: { database: error } },
    });
    expect((await probe(app.port, '/health/live')).status).toBe(200);
    expect(app.log.lines.filter((line) => line.includes('Checks@database is down'))).toHaveLength(
      1,
    );

    answers.database = database;
    expect((await probe(app.port, '/health/ready')).status).toBe(200);
  });

  it('is not ready before every startup check has passed once, and asks none again', async () => {
    const app = await HttpApp.start({ platform, module });
    const answers = app.app.get(Answers);
    answers.startup = () => ({ warmup: { status: 'down' } });
    expect((await probe(app.port, '/health/ready')).status).toBe(503);
    expect((await probe(app.port, '/health/startup')).status).toBe(503);

    answers.startup = () => ({ warmup: { status: 'up' } });
    expect((await probe(app.port, '/health/startup')).status).toBe(200);
    answers.startup = () => ({ warmup: { status: 'down' } });
    expect((await probe(app.port, '/health/startup')).status).toBe(200);
    expect((await probe(app.port, '/health/ready')).status).toBe(200);
  });

  it('fails liveness by its own checks only', async () => {
    const app = await HttpApp.start({ platform, module });
    app.app.get(Answers).live = () => ({ loop: { status: 'down' } });

    expect((await probe(app.port, '/health/live')).status).toBe(503);
    expect((await probe(app.port, '/health/ready')).status).toBe(200);
  });

  it.each([
    ['fail', 503, 'shutting_down'],
    ['hold', 200, 'ok'],
  ] as const)('with the policy %s readiness answers %d from T0', async (policy, status, body) => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      platform,
      module,
      clock,
      options: {
        readinessOnShutdown: policy,
        propagationCapMs: 10_000,
        propagationFloorMs: 10_000,
      },
    });
    expect((await probe(app.port, '/healthz')).status).toBe(200);
    app.signal();
    await app.phase('propagate');

    expect(await probe(app.port, '/health/ready')).toMatchObject({
      status,
      body: { status: body },
    });
    expect((await probe(app.port, '/health/live')).status).toBe(200);
    // a Terminus route that knows nothing of this module
    expect((await probe(app.port, '/healthz')).status).toBe(status);
    await clock.advance(10_000); // no further: what follows is real work, which virtual time would not wait for
    expect(await app.exited()).toBe(0);
  });

  it('puts its state into a Terminus controller by GracefulHealthIndicator', async () => {
    const app = await HttpApp.start({ platform, module });
    expect(await probe(app.port, '/with-indicator')).toMatchObject({
      status: 200,
      body: { info: { graceful: { status: 'up' } } },
    });

    app.app.get(Answers).database = () => ({ database: { status: 'down' } });
    expect(await probe(app.port, '/with-indicator')).toMatchObject({
      status: 503,
      body: { error: { graceful: { status: 'down', reason: 'error' } } },
    });
  });

  it('leaves the probes out on request', async () => {
    const { port } = await HttpApp.start({ platform, options: { probes: false } });

    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(404);
  });

  it('answers on other paths', async () => {
    const probes = { livePath: '/livez', readyPath: '/readyz', startupPath: '/startupz' };
    const { port } = await HttpApp.start({ platform, options: { probes } });

    for (const path of Object.values(probes)) {
      expect((await probe(port, path)).status).toBe(200);
    }
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(404);
  });

  it('answers on a port of its own, and there only', async () => {
    const app = await HttpApp.start({
      platform,
      options: { probes: { port: 0, host: '127.0.0.1' } },
    });
    const [, own] = /Probes on 127\.0\.0\.1:(\d+)/.exec(await app.log.until(/Probes on/)) ?? [];

    expect((await probe(Number(own), '/health/ready')).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${app.port}/health/ready`)).status).toBe(404);
    await app.close();
    await expect(probe(Number(own), '/health/live')).rejects.toThrow('fetch failed');
  });

  it('refuses a check on a request-scoped provider: the probe would say 200 without it', async () => {
    const booted = HttpApp.start({ platform, module: { providers: [RequestScoped] } });

    await expect(booted).rejects.toThrow(
      /^@ReadinessCheck\(\) on RequestScoped@never: its class is request-scoped, .* Put it on a provider of the default scope\.$/,
    );
  });
});
