import { describe, expect, it } from '@jest/globals';
import { Server } from 'node:http';
import { keepAliveAdvice, type KeepAliveFacts } from '../../../lib/http/keep-alive.js';

const advice = (facts: Partial<KeepAliveFacts>) =>
  keepAliveAdvice({
    keepAliveTimeoutMs: 5_000,
    platform: 'kubernetes',
    adapter: 'express',
    ...facts,
  });

describe('the advice on the keep-alive timeout', () => {
  it('is a line in the log for a default that nobody has chosen', () => {
    expect(advice({ keepAliveTimeoutMs: new Server().keepAliveTimeout })).toEqual({
      id: 'keep-alive-default',
      level: 'log',
      text:
        'The server ends idle connections after 5 s (keepAliveTimeout), and load balancers keep idle connections for ' +
        '60 s (AWS ALB, nginx), 600 s (Google Cloud) or 1 h (Envoy): a request that meets the end of its connection ' +
        'is a 502, at any time. Outlast your balancer: app.getHttpServer().keepAliveTimeout = 65_000',
    });
  });

  it.each([1, 30_000, 60_000])('is a warning for a value that was set: %i ms', (ms) => {
    expect(advice({ keepAliveTimeoutMs: ms })?.level).toBe('warn');
  });

  it.each(['kubernetes', 'ecs', 'cloud-run', 'nomad'])('is given on %s', (platform) => {
    expect(advice({ platform })?.text).toMatch(/60 s \(AWS ALB, nginx\)/);
  });

  it('names the way to set it on Fastify', () => {
    expect(advice({ adapter: 'fastify', keepAliveTimeoutMs: 10_000 })).toEqual({
      id: 'keep-alive-too-short',
      level: 'warn',
      text: expect.stringContaining('new FastifyAdapter({ keepAliveTimeout: 65_000 })'),
    });
  });

  it("knows Heroku's router, for which Fastify's default is too short as well", () => {
    expect(advice({ platform: 'heroku', adapter: 'fastify', keepAliveTimeoutMs: 72_000 })).toEqual({
      id: 'keep-alive-default',
      level: 'log',
      text: expect.stringMatching(/Heroku's router keeps idle connections for 90 s.*95_000/),
    });
    expect(advice({ platform: 'heroku', keepAliveTimeoutMs: 95_000 })).toBeUndefined();
  });

  it.each<[string, Partial<KeepAliveFacts>]>([
    ['above the usual 60 s', { keepAliveTimeoutMs: 65_000 }],
    ["Fastify's default", { adapter: 'fastify', keepAliveTimeoutMs: 72_000 }],
    ['far longer than any grace period', { keepAliveTimeoutMs: 3_605_000 }],
    ['without an end', { keepAliveTimeoutMs: 0 }],
    ['under systemd', { platform: 'systemd' }],
    ['on no platform', { platform: 'none' }],
  ])('is not given for one that is %s', (_what, facts) => {
    expect(advice(facts)).toBeUndefined();
  });
});
