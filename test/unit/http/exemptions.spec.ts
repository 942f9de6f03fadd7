import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { Exemptions, isPath, patienceOf } from '../../../lib/http/exemptions.js';

const exemptions = new Exemptions(['/metrics', '/health/live'], ['kube-probe/', 'Prometheus/']);

function request(url?: string, userAgent?: string, method = 'GET'): IncomingMessage {
  const headers = userAgent === undefined ? {} : { 'user-agent': userAgent };
  return { method, url, headers } as IncomingMessage;
}

describe('no work is', () => {
  it.each(['/metrics', '/metrics?name[]=up', '/metrics?', '/health/live'])(
    'a request for %s',
    (url) => {
      expect(exemptions.has(request(url))).toBe(true);
    },
  );

  it('a HEAD for the same', () => {
    expect(exemptions.has(request('/metrics', undefined, 'HEAD'))).toBe(true);
  });

  it.each(['kube-probe/1.30', 'Prometheus/2.53.0'])('a request from %s', (agent) => {
    expect(exemptions.has(request('/', agent))).toBe(true);
  });
});

describe('work is', () => {
  it.each([
    '/',
    '/metrics/daily',
    '/metricsx',
    '/METRICS',
    '/v1/metrics',
    '/orders?path=/metrics',
    '',
    undefined,
  ])('a request for %p', (url) => {
    expect(exemptions.has(request(url, 'curl/8.0'))).toBe(false);
  });

  it.each(['Mozilla/5.0 kube-probe/1.30', 'kube-probe', ''])('a request from %p', (agent) => {
    expect(exemptions.has(request('/', agent))).toBe(false);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', ''])(
    'what %p brings, wherever it goes and whoever sends it',
    (method) => {
      expect(exemptions.has(request('/metrics', undefined, method))).toBe(false);
      expect(exemptions.has(request('/health/live', undefined, method))).toBe(false);
      expect(exemptions.has(request('/api/v1/write', 'Prometheus/3.5.0', method))).toBe(false);
    },
  );

  it('everything when nothing is exempt', () => {
    expect(new Exemptions([], []).has(request('/metrics', 'kube-probe/1.30'))).toBe(false);
  });
});

describe('the client of a request that is no work waits', () => {
  it.each([
    [undefined, 10_000],
    ['3', 3_000],
    ['0.5', 500],
    ['0', 10_000],
    ['-1', 10_000],
    ['soon', 10_000],
    ['Infinity', 10_000],
  ])('with a scrape timeout of %p for %d ms', (seconds, ms) => {
    const headers = { 'x-prometheus-scrape-timeout-seconds': seconds };
    expect(patienceOf({ headers } as unknown as IncomingMessage)).toBe(ms);
  });
});

describe('a path', () => {
  it.each([
    ['/up', '/up', true],
    ['/up?', '/up', true],
    ['/up?full=1', '/up', true],
    ['/upper', '/up', false],
    ['/up/', '/up', false],
    ['/u', '/up', false],
    ['/', '/', true],
    ['/x', '/', false],
  ])('of %s is %s: %p', (url, path, is) => {
    expect(isPath(url, path)).toBe(is);
  });
});
