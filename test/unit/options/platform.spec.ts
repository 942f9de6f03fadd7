import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGraceAssumed } from '../../../lib/options/grace-period.js';
import {
  detectPlatform,
  PLATFORM_PRESETS,
  PLATFORMS,
  type Platform,
} from '../../../lib/options/platform.js';
import { pm2Advice, pm2WaitsForReady } from '../../../lib/options/pm2.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';

const PID = 77;

/** What each platform puts into the environment of what it starts. */
const signs: [Platform, NodeJS.ProcessEnv][] = [
  ['azure-container-apps', { CONTAINER_APP_NAME: 'orders', CONTAINER_APP_REVISION: 'orders--1' }],
  ['aws-lambda', { AWS_LAMBDA_FUNCTION_NAME: 'orders' }],
  ['azure-app-service', { WEBSITE_SITE_NAME: 'orders', WEBSITE_INSTANCE_ID: 'a1' }],
  ['railway', { RAILWAY_SERVICE_ID: 'a1' }],
  ['railway', { RAILWAY_ENVIRONMENT_ID: 'a1' }],
  ['render', { RENDER: 'true', RENDER_SERVICE_ID: 'srv-1' }],
  ['fly', { FLY_APP_NAME: 'orders', FLY_MACHINE_ID: '148ed' }],
  ['docker', { container: 'podman' }],
  ['kubernetes', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
  ['ecs', { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' }],
  ['ecs', { ECS_CONTAINER_METADATA_URI: 'http://169.254.170.2/v3/x' }],
  ['cloud-run', { K_SERVICE: 'orders', K_REVISION: 'orders-00001-abc' }],
  ['heroku', { DYNO: 'web.1' }],
  ['nomad', { NOMAD_ALLOC_ID: '5456bd7a' }],
  ['pm2', { pm_id: '0', PM2_HOME: '/root/.pm2' }],
  ['systemd', { SYSTEMD_EXEC_PID: String(PID) }],
  ['systemd', { NOTIFY_SOCKET: '/run/systemd/notify' }],
];

describe('the platform', () => {
  it.each(signs)('%s is recognised by %j', (platform, env) => {
    expect(detectPlatform(env, PID)).toBe(platform);
    expect(resolveOptions({}, { env, pid: PID }).platform).toBe(platform);
    expect(resolveOptions({ platform: 'auto' }, { env, pid: PID }).platform).toBe(platform);
  });

  it('is none without a sign', () => {
    expect(detectPlatform({ PATH: '/bin', NODE_ENV: 'production' }, PID)).toBe('none');
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['an empty variable', { KUBERNETES_SERVICE_HOST: '', DYNO: '' }],
    ['half of the signs of Cloud Run', { K_SERVICE: 'orders' }],
    ['a parent that systemd has started', { SYSTEMD_EXEC_PID: String(PID + 1) }],
  ])('is none with %s', (_name, env) => {
    expect(detectPlatform(env, PID)).toBe('none');
  });

  it('is the first of the list when there are signs of several', () => {
    for (const [first, env] of signs) {
      for (const [second, more] of signs) {
        const order = [...PLATFORMS].filter((name) => name === first || name === second);
        expect(detectPlatform({ ...env, ...more }, PID)).toBe(order[0]);
      }
    }
  });

  it('is what the option says, whatever the signs', () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    for (const platform of PLATFORMS) {
      expect(resolveOptions({ platform }, { env, pid: PID }).platform).toBe(platform);
    }
  });
});

describe('the grace period that a platform has been told', () => {
  const graceIn = (env: NodeJS.ProcessEnv, options = {}) =>
    resolveOptions(options, { env, pid: PID }).gracePeriodMs;

  it.each<[NodeJS.ProcessEnv, string, number, number]>([
    [{ RAILWAY_SERVICE_ID: 'a' }, 'RAILWAY_DEPLOYMENT_DRAINING_SECONDS', 3_000, 45_000],
    [
      { WEBSITE_SITE_NAME: 'a', WEBSITE_INSTANCE_ID: 'b' },
      'WEBSITES_CONTAINER_STOP_TIME_LIMIT',
      5_000,
      45_000,
    ],
  ])('is read from the environment: %j, %s', (env, variable, byDefault, told) => {
    expect(graceIn(env)).toBe(byDefault);
    expect(graceIn({ ...env, [variable]: '45' })).toBe(told);
    for (const wrong of ['', '0', 'soon']) {
      expect(graceIn({ ...env, [variable]: wrong })).toBe(byDefault);
    }
    expect(graceIn({ ...env, [variable]: '45' }, { gracePeriodMs: 8_000 })).toBe(8_000);
  });

  it('is an assumption where neither says it', () => {
    const railway = { RAILWAY_SERVICE_ID: 'a' };
    expect(isGraceAssumed({}, {}, 'none')).toBe(true);
    expect(isGraceAssumed({}, railway, 'railway')).toBe(true);
    const told = { ...railway, RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30' };
    expect(isGraceAssumed({}, told, 'railway')).toBe(false);
    expect(isGraceAssumed({ gracePeriodMs: 5_000 }, {}, 'none')).toBe(false);
    expect(isGraceAssumed({}, { GRACEFUL_GRACE_PERIOD_MS: '5000' }, 'none')).toBe(false);
    expect(isGraceAssumed({}, {}, 'kubernetes')).toBe(false);
  });
});

describe('the table of platforms', () => {
  it.each(PLATFORMS)('%s has a source, and waits that fit into its grace period', (name) => {
    const { source, gracePeriodMs, propagation } = PLATFORM_PRESETS[name];
    expect(source).toMatch(/^https:\/\//);
    const { floorMs, quietMs, capMs } = propagation(gracePeriodMs);
    expect(Math.max(floorMs, quietMs)).toBeLessThanOrEqual(capMs);
    expect(capMs).toBeLessThanOrEqual(gracePeriodMs / 3);
  });
});

describe('the grace period under PM2', () => {
  const pm2 = { pm_id: '0', PM2_HOME: '/root/.pm2' };
  const graceIn = (env: NodeJS.ProcessEnv, options = {}) =>
    resolveOptions(options, { env: { ...pm2, ...env }, pid: PID }).gracePeriodMs;

  it("is PM2's default, or its kill_timeout", () => {
    expect(graceIn({})).toBe(1_600);
    expect(graceIn({ kill_timeout: '12000' })).toBe(12_000);
    expect(graceIn({ kill_timeout: 'soon' })).toBe(1_600);
    expect(graceIn({ PM2_KILL_TIMEOUT: '5000' })).toBe(5_000); // the default of all that this PM2 starts
    expect(graceIn({ PM2_KILL_TIMEOUT: '5000', kill_timeout: '12000' })).toBe(12_000);
  });

  it("is PM2's in a pod, too, where it kills first", () => {
    expect(graceIn({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBe(1_600);
  });

  it('is what the option or the variable says, and then a warning when PM2 kills before', () => {
    expect(graceIn({ GRACEFUL_GRACE_PERIOD_MS: '4000' })).toBe(4_000);
    expect(graceIn({}, { gracePeriodMs: 8_000 })).toBe(8_000);
    expect(pm2Advice({ ...pm2, kill_timeout: '3000' }, 8_000)?.text).toContain(
      'kill_timeout: 8000',
    );
  });

  it('is warned of when it is the default, and fits when it is configured', () => {
    expect(pm2Advice(pm2, 1_600)?.text).toMatch(/1\.6 s .* its default.*kill_timeout: 12000/);
    expect(pm2Advice({ ...pm2, kill_timeout: '400' }, 8_000)?.text).toMatch(
      /kills this process 400 ms /,
    );
    expect(pm2Advice({ ...pm2, kill_timeout: '12000' }, 12_000)).toBeUndefined();
    expect(pm2Advice({}, 30_000)).toBeUndefined();
  });
});

describe('the message `ready` under PM2', () => {
  const home = mkdtempSync(join(tmpdir(), 'pm2-home-'));
  const parentPid = 71;
  const waits = (env: NodeJS.ProcessEnv = {}, parent = parentPid) =>
    pm2WaitsForReady({ pm_id: '0', PM2_HOME: home, wait_ready: 'true', ...env }, parent);
  beforeAll(() => writeFileSync(join(home, 'pm2.pid'), String(parentPid)));
  afterAll(() => rmSync(home, { recursive: true }));

  it('is waited for with wait_ready, by PM2 and by no other parent', () => {
    expect(waits()).toBe(true);
    expect(waits({ wait_ready: 'false' })).toBe(false);
    expect(waits({}, 72)).toBe(false); // an application that PM2 has started, and that starts another
    expect(waits({ PM2_HOME: undefined })).toBe(false);
  });
});
