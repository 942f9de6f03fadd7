import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { fastifyParams, requestName } from '../../../lib/http/request-name.js';
import { check } from '../../support/property.js';

function nameOf(url: string | undefined, more: object = {}): string {
  return requestName({ method: 'GET', url, ...more } as IncomingMessage);
}

describe('the name of a request', () => {
  it('is its route, where the framework tells it', () => {
    const route = { path: '/orders/:id' };
    expect(nameOf('/orders/4711?secret=x', { route, baseUrl: '' })).toBe('GET /orders/:id');
    expect(nameOf('/api/orders/4711', { route, baseUrl: '/api' })).toBe('GET /api/orders/:id');
    expect(nameOf('/orders/4711', { route })).toBe('GET /orders/:id');
  });

  it('is its masked path, where the route is no text', () => {
    expect(nameOf('/orders/4711', { route: { path: /^\/orders/ } })).toBe('GET /orders/:id');
    expect(nameOf('/orders/4711', { route: {} })).toBe('GET /orders/:id');
  });

  it.each([
    ['/', 'GET /'],
    ['/orders', 'GET /orders'],
    ['/v1/orders/export.csv', 'GET /v1/orders/export.csv'],
    ['/orders/', 'GET /orders/'],
    ['/orders/4711', 'GET /orders/:id'],
    ['/orders/4711/lines/2', 'GET /orders/:id/lines/:id'],
    ['/orders/8f14e45f-ceea-467f-a9d2-0d2f6f5b1c3e', 'GET /orders/:id'],
    ['/users/jane.doe@example.org', 'GET /users/:id'],
    ['/users/jane%40example.org', 'GET /users/:id'],
    ['/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', 'GET /reset/:id'],
    ['/orders?token=secret', 'GET /orders'],
    ['/orders#top', 'GET /orders'],
    ['/files/a;sid=B2', 'GET /files/:id'],
    ['http://user:pw@shop.example:80/orders?x', 'GET :id//:id/orders'],
    ['*', 'GET :id'],
    ['', 'GET '],
  ])('of %s is %s', (url, name) => {
    expect(nameOf(url)).toBe(name);
  });

  it.each<[string, object, string]>([
    ['/work/7f3a?token=x', { name: '7f3a' }, 'GET /work/:name'],
    ['/users/alice/orders/12', { user: 'alice', order: '12' }, 'GET /users/:user/orders/:order'],
    ['/users/jane%40example.org', { user: 'jane@example.org' }, 'GET /users/:user'],
    ['/files/readme', { '*': 'readme' }, 'GET /files/*'],
    ['/files/a1/b', { '*': 'a1/b' }, 'GET /files/:id/b'],
    ['/img-12.png', { n: '12' }, 'GET /:id'],
    ['/work/%zz', {}, 'GET /work/:id'],
    ['/orders/', { id: '' }, 'GET /orders/'],
  ])('of %s with the parameters %j is %s', (url, params, name) => {
    expect(requestName({ method: 'GET', url } as IncomingMessage, params as never)).toBe(name);
  });

  it('has something to show for a request without anything', () => {
    expect(requestName({} as IncomingMessage)).toBe('? /');
  });

  it('is never long', () => {
    expect(nameOf('/abc'.repeat(1_000)).length).toBeLessThan(210);
  });

  it('shows no identifier, token, address or query, whatever stands around it', async () => {
    const hex = fc.stringMatching(/^[0-9a-f]{8,64}$/).filter((text) => /\d/.test(text));
    const secrets = fc.oneof(
      fc.uuid(),
      fc.emailAddress().filter((address) => !/[/?#]/.test(address)),
      fc.emailAddress().map(encodeURIComponent),
      fc.integer({ min: 10, max: 1e15 }).map(String),
      fc.ulid(),
      hex,
      fc.stringMatching(/^[A-Za-z0-9_-]{40,80}$/),
      fc.stringMatching(/^[A-Za-z]{33,60}$/),
      fc.ipV4(),
    );
    const words = fc.constantFrom('orders', 'v1', 'users', 'reset-password', 'api', '');
    const urls = fc.record({
      before: fc.array(words, { maxLength: 3 }),
      secret: secrets,
      after: fc.array(words, { maxLength: 3 }),
      query: fc.option(secrets, { nil: undefined }),
    });
    await check(urls, ({ before, secret, after, query }) => {
      const path = `/${[...before, secret, ...after].join('/')}`;
      const name = nameOf(query === undefined ? path : `${path}?token=${query}`);
      const masked = `/${[...before, ':id', ...after].join('/')}`;
      expect(name).toBe(`GET ${masked}`);
    });
  });

  it('shows nothing of a query', async () => {
    const cases = fc.tuple(fc.constantFrom('?', '#'), fc.string());
    await check(cases, ([mark, rest]) => {
      expect(nameOf(`/orders${mark}${rest}`)).toBe('GET /orders');
    });
  });
});

describe('what the router of Fastify makes of a request', () => {
  const request = { method: 'GET', url: '/work/7f3a' } as IncomingMessage;

  it('is nothing without a router that can be asked, or an answer', () => {
    for (const instance of [undefined, {}, () => undefined, { findRoute: () => null }]) {
      expect(fastifyParams(instance, request)).toBeUndefined();
    }
  });

  it('is nothing when it throws', () => {
    const findRoute = () => {
      throw new Error('no such method');
    };
    expect(fastifyParams({ findRoute }, request)).toBeUndefined();
  });
});
