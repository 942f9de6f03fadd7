import { describe, expect, it } from '@jest/globals';
import { GracefulHealthIndicator } from '../../../lib/health/graceful-health.indicator.js';
import type { HealthCheck } from '../../../lib/health/health-check.js';
import { Probes } from '../../../lib/health/probes.js';
import { EngineBench, never } from '../../support/engine.js';

const bench = new EngineBench();

/** Probes of an application, with checks whose state a test sets. */
function probesWith(policy: 'fail' | 'hold' = 'fail') {
  const probes = new Probes(policy, bench.clock, () => undefined);
  const asked: string[] = [];
  const state: Record<string, 'up' | 'down' | 'hangs'> = {};
  const add = (kind: HealthCheck['kind'], name: string) => {
    state[name] = 'up';
    const run = () => {
      asked.push(name);
      return state[name] === 'hangs' ? never() : { [name]: { status: state[name] } };
    };
    probes.add({ kind, name, place: `Checks@${name}`, timeoutMs: 800, run });
  };
  return { probes, asked, state, add };
}

const OK = { status: 'ok', info: {}, error: {}, details: {} };
const STARTING = {
  status: 503,
  body: {
    status: 'error',
    info: {},
    error: { bootstrap: { status: 'down', message: 'still starting' } },
    details: { bootstrap: { status: 'down', message: 'still starting' } },
  },
};
const STOPPING = {
  status: 503,
  body: {
    status: 'shutting_down',
    info: {},
    error: { shutdown: { status: 'down', message: 'shutting down (SIGTERM)' } },
    details: { shutdown: { status: 'down', message: 'shutting down (SIGTERM)' } },
  },
};

describe('before bootstrap is over', () => {
  it('the process lives, and is neither started nor ready', async () => {
    const { probes, add, asked } = probesWith();
    add('startup', 'warm');
    add('readiness', 'database');
    expect(await probes.live()).toEqual({ status: 200, body: OK });
    expect(await probes.startup()).toEqual(STARTING);
    expect(await probes.ready()).toEqual(STARTING);
    expect(asked).toEqual([]);
  });
});

describe('after bootstrap', () => {
  it('everything is up without any check', async () => {
    const { probes } = probesWith();
    probes.markBootstrapped();
    for (const answer of [await probes.live(), await probes.startup(), await probes.ready()]) {
      expect(answer).toEqual({ status: 200, body: OK });
    }
  });

  it('each probe asks the checks of its own kind', async () => {
    const { probes, add, asked } = probesWith();
    add('liveness', 'loop');
    add('readiness', 'database');
    probes.markBootstrapped();
    expect((await probes.live()).body.details).toEqual({ loop: { status: 'up' } });
    expect((await probes.ready()).body.details).toEqual({ database: { status: 'up' } });
    expect(asked).toEqual(['loop', 'database']);
  });

  it('a probe is down while one of its checks is', async () => {
    const { probes, add, state } = probesWith();
    add('readiness', 'database');
    add('readiness', 'cache');
    probes.markBootstrapped();
    state['cache'] = 'down';
    expect(await probes.ready()).toEqual({
      status: 503,
      body: {
        status: 'error',
        info: { database: { status: 'up' } },
        error: { cache: { status: 'down' } },
        details: { database: { status: 'up' }, cache: { status: 'down' } },
      },
    });
    state['cache'] = 'up';
    expect((await probes.ready()).status).toBe(200);
  });

  it('its checks run side by side', async () => {
    const { probes, add, state } = probesWith();
    for (const name of ['a', 'b', 'c']) add('liveness', name);
    state['a'] = state['b'] = state['c'] = 'hangs';
    expect((await bench.clock.until(probes.live())).status).toBe(503);
    expect(bench.elapsedMs).toBe(800);
  });

  it('liveness is down when its check is', async () => {
    const { probes, add, state } = probesWith();
    add('liveness', 'loop');
    state['loop'] = 'down';
    expect((await probes.live()).status).toBe(503);
  });
});

describe('startup', () => {
  it('is up once every check has passed once, each in its own time', async () => {
    const { probes, add, asked, state } = probesWith();
    add('startup', 'migrations');
    add('startup', 'warm');
    probes.markBootstrapped();
    state['warm'] = 'down';
    expect((await probes.startup()).status).toBe(503);
    state['migrations'] = 'down'; // has passed; nobody asks any more
    expect((await probes.startup()).body.details).toEqual({
      migrations: { status: 'up' },
      warm: { status: 'down' },
    });
    state['warm'] = 'up';
    expect((await probes.startup()).status).toBe(200);
    state['warm'] = 'down';
    expect(await probes.startup()).toMatchObject({
      status: 200,
      body: { details: { migrations: { status: 'up' }, warm: { status: 'up' } } },
    });
    expect(asked).toEqual(['migrations', 'warm', 'warm', 'warm']);
  });

  it('keeps readiness down until then, and readiness alone can bring it about', async () => {
    const { probes, add, asked, state } = probesWith();
    add('startup', 'warm');
    add('readiness', 'database');
    probes.markBootstrapped();
    state['warm'] = 'down';
    expect(await probes.ready()).toMatchObject({
      status: 503,
      body: { error: { warm: { status: 'down' } } },
    });
    state['warm'] = 'up';
    expect(await probes.ready()).toMatchObject({
      status: 200,
      body: { details: { database: { status: 'up' } } },
    });
    await probes.ready();
    expect(asked).toEqual(['warm', 'warm', 'database', 'database']);
  });
});

describe('during a shutdown', () => {
  it('readiness refuses, with the reason, and asks nobody', async () => {
    const { probes, add, asked } = probesWith();
    add('startup', 'warm');
    add('readiness', 'database');
    probes.markBootstrapped();
    expect(probes.refusing).toBe(false);
    probes.markStopping('SIGTERM');
    expect(probes.refusing).toBe(true);
    expect(await probes.ready()).toEqual(STOPPING);
    expect(asked).toEqual([]);
  });

  it('keeps the first reason', async () => {
    const { probes } = probesWith();
    probes.markStopping('SIGTERM');
    probes.markStopping('app.close()');
    expect(await probes.ready()).toEqual(STOPPING);
  });

  it('that begins before bootstrap is over, readiness refuses as well', async () => {
    const { probes } = probesWith();
    probes.markStopping('SIGTERM');
    expect(await probes.ready()).toEqual(STOPPING);
    expect(await probes.startup()).toEqual(STARTING);
  });

  it('the process lives to the end, whatever its checks would say', async () => {
    const { probes, add, asked, state } = probesWith();
    add('liveness', 'loop');
    state['loop'] = 'down';
    probes.markBootstrapped();
    probes.markStopping('SIGTERM');
    expect(await probes.live()).toEqual({ status: 200, body: OK });
    expect(asked).toEqual([]);
  });

  it('readiness goes on telling the real state when the policy is to hold it', async () => {
    const { probes, add, state } = probesWith('hold');
    add('readiness', 'database');
    probes.markBootstrapped();
    probes.markStopping('SIGTERM');
    expect(probes.refusing).toBe(false);
    expect((await probes.ready()).status).toBe(200);
    state['database'] = 'down';
    expect(await probes.ready()).toMatchObject({ status: 503, body: { status: 'error' } });
  });
});

describe('while it is drained', () => {
  const DRAINED = {
    status: 503,
    body: {
      status: 'error',
      info: {},
      error: { drain: { status: 'down', message: 'draining (a deploy)' } },
      details: { drain: { status: 'down', message: 'draining (a deploy)' } },
    },
  };

  it.each(['fail', 'hold'] as const)(
    'readiness is down and says why, whatever the policy for a shutdown is: %s',
    async (policy) => {
      const { probes, add, asked } = probesWith(policy);
      add('readiness', 'database');
      probes.markBootstrapped();
      probes.markDrained('a deploy');
      probes.markDrained('another one'); // the first reason stays
      expect(await probes.ready()).toEqual(DRAINED);
      expect(asked).toEqual([]);
    },
  );

  it('liveness and startup tell what they would tell without', async () => {
    const { probes, add, state } = probesWith();
    add('liveness', 'loop');
    add('startup', 'warm');
    probes.markBootstrapped();
    probes.markDrained('a deploy');
    expect((await probes.live()).status).toBe(200);
    expect((await probes.startup()).status).toBe(200);
    state['loop'] = 'down';
    expect((await probes.live()).status).toBe(503);
  });

  it('and resumed, readiness is the true state again, any number of times', async () => {
    const { probes, add, state } = probesWith();
    add('readiness', 'database');
    probes.markBootstrapped();
    for (let times = 0; times < 3; times += 1) {
      probes.markDrained('a deploy');
      expect(await probes.ready()).toEqual(DRAINED);
      probes.markResumed();
      expect((await probes.ready()).status).toBe(200);
    }
    probes.markDrained('a deploy');
    state['database'] = 'down';
    probes.markResumed();
    expect(await probes.ready()).toMatchObject({
      status: 503,
      body: { status: 'error', error: { database: { status: 'down' } } },
    });
  });

  it('before bootstrap is over, readiness stays down when it is resumed', async () => {
    const { probes } = probesWith();
    probes.markDrained('a deploy');
    expect(await probes.ready()).toEqual(DRAINED);
    expect(await probes.startup()).toEqual(STARTING);
    probes.markResumed();
    expect(await probes.ready()).toEqual(STARTING);
    probes.markBootstrapped();
    expect((await probes.ready()).status).toBe(200);
  });

  it('a shutdown goes before it, and is not taken back with it', async () => {
    const { probes } = probesWith();
    probes.markBootstrapped();
    probes.markDrained('a deploy');
    probes.markStopping('SIGTERM');
    expect(await probes.ready()).toEqual(STOPPING);
    probes.markResumed();
    expect(await probes.ready()).toEqual(STOPPING);
  });

  it('a shutdown that holds readiness does not bring it up', async () => {
    const { probes } = probesWith('hold');
    probes.markBootstrapped();
    probes.markDrained('a deploy');
    probes.markStopping('SIGTERM');
    expect(await probes.ready()).toEqual(DRAINED);
  });
});

describe('the indicator for a Terminus controller', () => {
  it('is up while readiness is', async () => {
    const { probes } = probesWith();
    const indicator = new GracefulHealthIndicator(probes);
    probes.markBootstrapped();
    expect(await indicator.isReady()).toEqual({ graceful: { status: 'up' } });
    expect(await indicator.isReady('me')).toEqual({ me: { status: 'up' } });
  });

  it('is down with the reason otherwise', async () => {
    const { probes, add, state } = probesWith();
    const indicator = new GracefulHealthIndicator(probes);
    expect(await indicator.isReady()).toEqual({
      graceful: { status: 'down', reason: 'error', checks: STARTING.body.error },
    });
    add('readiness', 'database');
    probes.markBootstrapped();
    state['database'] = 'down';
    expect(await indicator.isReady()).toEqual({
      graceful: { status: 'down', reason: 'error', checks: { database: { status: 'down' } } },
    });
    probes.markStopping('SIGTERM');
    expect(await indicator.isReady()).toEqual({
      graceful: { status: 'down', reason: 'shutting_down', checks: STOPPING.body.error },
    });
  });
});
