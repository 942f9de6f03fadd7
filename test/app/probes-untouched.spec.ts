import {
  Catch,
  Controller,
  Get,
  Injectable,
  VersioningType,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

@Injectable()
class DenyAll implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class FailAll implements NestInterceptor {
  intercept(): never {
    throw new Error('an interceptor that fails');
  }
}

@Catch()
class HangAll implements ExceptionFilter {
  catch(): void {}
}

const hostile = [
  { provide: APP_GUARD, useClass: DenyAll },
  { provide: APP_INTERCEPTOR, useClass: FailAll },
  { provide: APP_FILTER, useClass: HangAll },
];

@Controller('health')
class OwnHealthController {
  @Get('ready')
  ready(): string {
    return 'my own';
  }
}

type Middleware = (request: object, response: object, next: () => void) => void;

const PATHS = ['/health/live', '/health/ready', '/health/startup'];

describeOnPlatforms((target) => {
  describe('probes', () => {
    it('are not touched by anything global', async () => {
      let seen = 0;
      const app = await HttpApp.start({
        ...target,
        module: { providers: hostile },
        configure(nest: INestApplication) {
          nest.setGlobalPrefix('api');
          nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
          nest.enableCors();
          const refuseAll: Middleware = (_request, response) => {
            seen += 1;
            const { end } = response as { end: (text: string) => void };
            end.call(response, 'refused');
          };
          nest.use(refuseAll);
        },
      });
      const client = await app.connect();
      for (const path of PATHS) {
        await expect(client.get(path).response()).resolves.toMatchObject({
          status: 200,
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'cache-control': 'no-store',
          },
          body: expect.stringContaining('"status":"ok"'),
        });
      }
      expect(seen).toBe(0);

      await client.get('/health/alive').response();
      expect(seen).toBe(1); // the middleware is there, for all the others
    });

    it('answer HEAD as GET without the body', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      for (const path of PATHS) {
        const got = await client.get(path).response();
        const head = await client.request('HEAD', path).response({ head: true });
        expect(head).toMatchObject({ status: 200, body: '' });
        expect({ ...head.headers, date: '' }).toEqual({ ...got.headers, date: '' });
      }
      expect(client.received).toBe('');
    });

    it('answer nothing else', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        await expect(client.request(method, '/health/ready').response()).resolves.toMatchObject({
          status: 405,
          headers: { allow: 'GET, HEAD', 'cache-control': 'no-store' },
        });
      }
    });

    it.each(['/health/readyz', '/health/ready/', '/health', '/api/health/ready'])(
      'do not take %s from the application',
      async (path) => {
        const app = await HttpApp.start(target);
        const client = await app.connect();
        await expect(client.get(path).response()).resolves.toMatchObject({ status: 404 });
      },
    );

    it('take a query for nothing', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      await expect(client.get('/health/ready?x=1').response()).resolves.toMatchObject({
        status: 200,
      });
    });

    it('leave a path to the controller that has it', async () => {
      const app = await HttpApp.start({
        ...target,
        module: { controllers: [OwnHealthController] },
      });
      const client = await app.connect();
      await expect(client.get('/health/ready').response()).resolves.toMatchObject({
        status: 200,
        body: 'my own',
      });
      await expect(client.get('/health/live').response()).resolves.toMatchObject({
        body: expect.stringContaining('"status":"ok"'),
      });
      await app.log.until(
        /^GET \/health\/ready stays with the route of the application\. \[probe-path-taken\]$/,
      );
    });

    it('are not there when they are off, or elsewhere', async () => {
      const off = await HttpApp.start({ ...target, options: { probes: false } });
      const client = await off.connect();
      await expect(client.get('/health/ready').response()).resolves.toMatchObject({ status: 404 });

      const probes = { readyPath: '/ready' };
      const elsewhere = await HttpApp.start({ ...target, options: { probes } });
      const other = await elsewhere.connect();
      await expect(other.get('/ready').response()).resolves.toMatchObject({ status: 200 });
      await expect(other.get('/health/ready').response()).resolves.toMatchObject({ status: 404 });
    });
  });
});
