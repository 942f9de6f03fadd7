import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { Exemptions, isPath } from '../../../lib/http/exemptions.js';

const exemptions = new Exemptions(['/metrics', '/health/live'], ['kube-probe/', 'Prometheus/']);

function request(url?: string, userAgent?: string): IncomingMessage {
  const headers = userAgent === undefined ? {} : { 'user-agent': userAgent };
  return { url, headers } as IncomingMessage;
}

describe('no work is', () => {
  it.each(['/metrics', '/metrics?name[]=up', '/metrics?', '/health/live'])(
    'a request for %s',
    (url) => {
      expect(exemptions.has(request(url))).toBe(true);
    },
  );

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

  it('everything when nothing is exempt', () => {
    expect(new Exemptions([], []).has(request('/metrics', 'kube-probe/1.30'))).toBe(false);
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
