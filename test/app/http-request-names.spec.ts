import { expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { fastifyParams, requestName } from '../../lib/http/request-name.js';
import { HttpApp } from '../support/http-app.js';

it.each([
  ['/work/alice?token=secret', 'GET /work/:name'],
  ['/work/7f3a', 'GET /work/:name'],
  ['/fast', 'GET /fast'],
  ['/nowhere/7f3a', 'GET /nowhere/:id'],
])('on Fastify the name of %s is %s', async (url, name) => {
  const app = await HttpApp.start({ platform: 'Fastify' });
  const request = { method: 'GET', url } as IncomingMessage;
  const params = fastifyParams(app.app.getHttpAdapter().getInstance(), request);
  expect(requestName(request, params)).toBe(name);
});

it('Express has no such router, and tells the route itself', async () => {
  const app = await HttpApp.start({ platform: 'Express' });
  const request = { method: 'GET', url: '/work/7f3a' } as IncomingMessage;
  expect(fastifyParams(app.app.getHttpAdapter().getInstance(), request)).toBeUndefined();
});
