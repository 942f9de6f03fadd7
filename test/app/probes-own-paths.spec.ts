import {
  All,
  Controller,
  Get,
  Injectable,
  Param,
  Post,
  RequestMethod,
  Version,
  VersioningType,
  type INestApplication,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

type Next = () => void;

const mine = (_request: IncomingMessage, response: ServerResponse): void => {
  response.end('mine');
};
const passOn = (_request: IncomingMessage, _response: ServerResponse, next: Next): void => next();

@Controller('health')
class ByParameter {
  @Get(':check')
  check(@Param('check') _check: string): string {
    return 'mine';
  }
}

@Controller()
class ByWildcard {
  @Get('*')
  all(): string {
    return 'mine';
  }
}

@Controller('health')
class OfEveryMethod {
  @All('*')
  all(): string {
    return 'mine';
  }
}

@Controller(':check')
class BelowThePrefix {
  @Get()
  check(): string {
    return 'mine';
  }
}

@Controller('health')
class OfTheSecondVersion {
  @Version('2')
  @Get('live')
  live(): string {
    return 'mine';
  }
}

@Controller('health')
class OnlyPosts {
  @Post('live')
  live(): string {
    return 'mine';
  }
}

@Injectable()
class Refuse implements NestMiddleware {
  use(_request: unknown, response: ServerResponse): void {
    response.statusCode = 401;
    response.end('refused');
  }
}

/** Routes of a plugin, with what Fastify calls a prefix; on Express, a router that is mounted. */
function mount(app: INestApplication, platform: string, path: string): void {
  if (platform === 'Express') {
    const { router } = new ExpressAdapter().getInstance<{
      router: { get: (at: string, handler: typeof mine) => void };
    }>();
    router.get(path, mine);
    app.use('/health', router);
    return;
  }
  const fastify: { register: (plugin: object, options: object) => void } = app
    .getHttpAdapter()
    .getInstance();
  const plugin = (
    child: { get: (at: string, handler: () => string) => void },
    _: object,
    done: Next,
  ) => {
    child.get(path, () => 'mine');
    done();
  };
  fastify.register(plugin, { prefix: '/health' });
}

describeOnPlatforms((target) => {
  const { platform } = target;

  async function answer(
    module: ModuleMetadata,
    configure: (app: INestApplication) => unknown = () => undefined,
    { method = 'GET', headers = {} } = {},
  ): Promise<{ app: HttpApp; answer: string }> {
    const app = await HttpApp.start({ ...target, module, configure });
    const url = `http://127.0.0.1:${app.port}/health/live`;
    const response = await fetch(url, { method, headers });
    const body = await response.text();
    return { app, answer: body.includes('"status":"ok"') ? 'the probe' : body };
  }

  describe('a path that the application answers stays its own, by', () => {
    it.each<[string, ModuleMetadata, (app: INestApplication) => unknown]>([
      ['a parameter', { controllers: [ByParameter] }, () => undefined],
      ['a wildcard', { controllers: [ByWildcard] }, () => undefined],
      ['a route for every method', { controllers: [OfEveryMethod] }, () => undefined],
      [
        'a route below the global prefix',
        { controllers: [BelowThePrefix] },
        (app) => app.setGlobalPrefix('health'),
      ],
      ['a mounted router', {}, (app) => mount(app, platform, '/live')],
      ['a parameter of a mounted router', {}, (app) => mount(app, platform, '/:check')],
      ['middleware on the path', {}, (app) => app.use('/health/live', mine)],
      ['middleware on a part of it', {}, (app) => app.use('/health', mine)],
    ])('%s', async (_how, module, configure) => {
      expect((await answer(module, configure)).answer).toBe('mine');
    });

    it('a route for another method', async () => {
      const posted = await answer({ controllers: [OnlyPosts] }, undefined, { method: 'POST' });
      expect(posted.answer).toBe('mine');
      expect((await answer({ controllers: [OnlyPosts] })).answer).toBe('the probe');
    });

    it('a route of one version, for requests that ask for it', async () => {
      const module = { controllers: [OfTheSecondVersion] };
      const versioned = (app: INestApplication) =>
        app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
      const second = await answer(module, versioned, { headers: { 'X-Version': '2' } });
      expect(second.answer).toBe('mine');
      expect((await answer(module, versioned)).answer).toBe('the probe');
    });
  });

  describe('the probe answers what would be a 404', () => {
    it.each<[string, (app: INestApplication) => unknown]>([
      ['behind middleware on the path that passes it on', (app) => app.use('/health', passOn)],
      [
        'outside of the global prefix',
        (app) => app.setGlobalPrefix('api').use('/health/live', passOn),
      ],
      ['of a mounted router without that route', (app) => mount(app, platform, '/lives')],
    ])('%s', async (_where, configure) => {
      const { app, answer: body } = await answer({}, configure);
      expect(body).toBe('the probe');
      const other = await fetch(`http://127.0.0.1:${app.port}/health/elsewhere`);
      expect(other.status).toBe(404);
    });

    it.each([
      ['every path', 'GET', '*path'],
      ['every path and method', 'ALL', '*path'],
    ] as const)('past middleware of a module for %s', async (_what, method, path) => {
      class Guarded implements NestModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(Refuse).forRoutes({ path, method: RequestMethod[method] });
        }
      }
      const { app, answer: body } = await answer({ imports: [{ module: Guarded }] });
      expect(body).toBe('the probe');
      expect((await fetch(`http://127.0.0.1:${app.port}/fast`)).status).toBe(401);
    });
  });

  describe('the log says', () => {
    const ofReadiness = (app: HttpApp) =>
      app.log.lines.filter((line) => line.startsWith('GET /health/ready '));

    it.each([
      ['a parameter', ByParameter, 'health/:check'],
      ['a wildcard', ByWildcard, '*'],
    ] as const)('at boot that readiness meets %s first', async (_what, controller, text) => {
      const app = await HttpApp.start({ ...target, module: { controllers: [controller] } });
      expect(ofReadiness(app)).toEqual([expect.stringContaining(text)]);
      expect(ofReadiness(app)[0]).toContain('probes: { port: 9000 }');
    });

    it('nothing of a mounted path whose answer nobody knows, until it says 200 after T0', async () => {
      const app = await HttpApp.start({
        ...target,
        options: { propagationCapMs: 2_000, propagationFloorMs: 2_000 },
        configure: (nest) => nest.use('/health/ready', mine),
      });
      const ask = () => fetch(`http://127.0.0.1:${app.port}/health/ready`);
      await ask();
      expect(ofReadiness(app)).toEqual([]);

      app.signal();
      await app.phase('propagate');
      expect(await (await ask()).text()).toBe('mine');
      await ask();

      expect(ofReadiness(app)).toEqual([expect.stringContaining('was answered with 200')]);
      expect(await app.exited()).toBe(0);
    });
  });
});
