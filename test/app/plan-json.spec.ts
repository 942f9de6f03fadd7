import { Injectable } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  LivenessCheck,
  OnFlush,
  ReadinessCheck,
  StartupCheck,
  type GracefulOptions,
  type ShutdownPlan,
} from '../../lib/index.js';
import { PLAN_FOR_TOOLS } from '../../lib/tokens.js';
import { HttpApp, type Platform } from '../support/http-app.js';
import { schemaErrors } from '../support/schemas.js';
import { TeardownApp } from '../support/teardown-app.js';

const up = { one: { status: 'up' as const } };

/** The shape of a pool of `pg`. */
class Pool {
  query(): void {}
  end(): void {}
}

@Injectable()
class Users {
  constructor(readonly pool: Pool) {}
}

@Injectable()
class Checks {
  constructor(readonly users: Users) {}
  @ReadinessCheck({ timeoutMs: 300 })
  database() {
    return up;
  }
}

@Injectable()
class LoopCheck {
  @LivenessCheck()
  loop() {
    return up;
  }
  @StartupCheck()
  warm() {
    return up;
  }
}

/** As that of Terminus that asks another service, and as that which looks at the disk. */
@Injectable()
class HttpHealthIndicator {
  pingCheck(): void {}
}
@Injectable()
class DiskHealthIndicator {
  pingCheck(): void {}
}

@Injectable()
class Indicated {
  constructor(
    readonly http: HttpHealthIndicator,
    readonly disk: DiskHealthIndicator,
  ) {}
  @LivenessCheck()
  partner() {
    return up;
  }
  @OnFlush()
  flush(): void {}
}

const providers = [
  Pool,
  Users,
  Checks,
  LoopCheck,
  HttpHealthIndicator,
  DiskHealthIndicator,
  Indicated,
];

const options: GracefulOptions = {
  platform: 'kubernetes',
  gracePeriodMs: 30_000,
  terminationLog: false,
  signals: ['SIGTERM'],
  drainSignal: 'SIGUSR2',
  phases: [{ name: 'audit', after: ['drain'] }],
};

describe.each<Platform>(['Express', 'Fastify'])('the plan as JSON, on %s', (platform) => {
  let plan: ShutdownPlan;
  let port: number;
  beforeAll(async () => {
    const app = await HttpApp.start({
      platform,
      options,
      module: { providers },
      configure: (nest) => {
        const server = nest.getHttpServer() as { keepAliveTimeout: number };
        server.keepAliveTimeout = 61_000;
      },
    });
    plan = app.graceful.plan();
    port = app.port;
    await app.destroy();
  });

  it('is what the schema says', () => {
    expect(schemaErrors(plan)).toEqual([]);
  });

  it('has the options that a platform has to know', () => {
    expect(plan).toMatchObject({
      version: 1,
      complete: true,
      platform: 'kubernetes',
      gracePeriodMs: 30_000,
      given: { platform: true, gracePeriodMs: true },
      exitMarginMs: 1_000,
      propagation: { floorMs: 5_000, quietMs: 2_000, capMs: 10_000, probeFailures: 3 },
      signals: { stop: ['SIGTERM'], drain: 'SIGUSR2' },
      exit: { process: true, clean: 0, forced: 1, fatal: 1 },
      readinessOnShutdown: 'fail',
      transports: [],
    });
    expect(plan.signals).not.toHaveProperty('resume');
  });

  it('has the server, with the times of Node that a load balancer has to go by', () => {
    expect(plan.servers).toEqual([
      expect.objectContaining({ tls: false, http2: false, port, keepAliveTimeoutMs: 61_000 }),
    ]);
  });

  it('says of each check what it reaches outside of the process', () => {
    const checks = plan.probes?.checks ?? [];
    expect(
      checks.toSorted((a, b) => a.name.localeCompare(b.name)).map((check) => Object.values(check)),
    ).toEqual([
      ['Checks@database', 'readiness', 300, ['Pool']],
      ['Indicated@partner', 'liveness', 800, ['HttpHealthIndicator']],
      ['LoopCheck@loop', 'liveness', 800, []],
      ['LoopCheck@warm', 'startup', 800, []],
    ]);
  });

  it.each<[string, (plan: Record<string, unknown>) => void]>([
    ['another version', (wrong) => (wrong.version = 2)],
    ['no grace period', (wrong) => delete wrong.gracePeriodMs],
    ['a time as text', (wrong) => (wrong.exitMarginMs = '1s')],
    ['a key that nobody knows', (wrong) => (wrong.gracePeriod = 30)],
    ['no phase', (wrong) => (wrong.phases = [])],
    ['a phase without tasks', (wrong) => (wrong.phases = [{ name: 'drain' }])],
    ['a probe without a path', (wrong) => (wrong.probes = { checks: [] })],
    ['an unknown platform', (wrong) => (wrong.platform = 'mainframe')],
  ])('is not what the schema says with %s', (_name, spoil) => {
    const wrong = JSON.parse(JSON.stringify(plan)) as Record<string, unknown>;
    spoil(wrong);
    expect(schemaErrors(wrong)).not.toEqual([]);
  });
});

describe('the plan as JSON', () => {
  it('has no probes where they are left out, and no server without HTTP', async () => {
    const app = await TeardownApp.start({ options: { ...options, probes: false } });
    const plan = app.graceful.plan();
    await app.close();
    expect(schemaErrors(plan)).toEqual([]);
    expect(plan).toMatchObject({ probes: null, servers: [], complete: true });
  });

  it('has a port that is only for the probes', async () => {
    const app = await TeardownApp.start({ options: { ...options, probes: { port: 0 } } });
    const plan = app.graceful.plan();
    await app.close();
    expect(schemaErrors(plan)).toEqual([]);
    expect(plan.probes).toMatchObject({ port: 0, readyPath: '/health/ready' });
  });

  it('says when bootstrap is not over', async () => {
    const app = await TeardownApp.create({ options, providers });
    const plan = app.graceful.plan();
    expect(schemaErrors(plan)).toEqual([]);
    expect(plan).toMatchObject({ complete: false, probes: { checks: [] } });
    await app.close();
  });

  it('is made without the init hooks, for tools', async () => {
    let called = false;
    const hook = { provide: 'HOOK', useValue: { onModuleInit: () => (called = true) } };
    const app = await TeardownApp.create({ options, http: true, providers: [...providers, hook] });
    const plan = app.app.get<(stage: string) => ShutdownPlan>(PLAN_FOR_TOOLS)('before-init');
    expect(schemaErrors(plan)).toEqual([]);
    expect(called).toBe(false);
    expect(plan.complete).toBe(false);
    expect(plan.servers).toHaveLength(1);
    expect(plan.probes?.checks).toHaveLength(4);
    expect(plan.phases.flatMap(({ tasks }) => tasks.map(({ name }) => name))).toContain(
      'Indicated@flush',
    );
    await app.close();
  });
});
