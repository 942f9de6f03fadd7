import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A way to shut an application down, set up as its own documentation says. */
export interface Contender {
  /** What goes into AppModule. */
  imports: NonNullable<ModuleMetadata['imports']>;
  /** What goes into main.ts, between `create()` and `listen()`. */
  setUp: (app: INestApplication) => void;
  /** Brings an answer to readiness probes of its own. */
  hasProbes?: boolean;
}

const enableShutdownHooks = (app: INestApplication) => void app.enableShutdownHooks();

/** Loaded only when asked for: what another contender imports must cost this one nothing. */
const contenders: Record<string, () => Promise<Contender>> = {
  'plain Nest': async () => ({ imports: [], setUp: enableShutdownHooks }),

  'nestjs-graceful': () => graceful({ platform: 'none' }),
  'nestjs-graceful, no integrations': async () => {
    await forgetIntegrations();
    return graceful({ platform: 'none' });
  },
  'nestjs-graceful, kubernetes': () => graceful({ platform: 'kubernetes' }),

  '@nestjs/terminus': () => terminus({}),
  '@nestjs/terminus, 1 s': () => terminus({ gracefulShutdownTimeoutMs: 1_000 }),
  '@nestjs/terminus, 5 s': () => terminus({ gracefulShutdownTimeoutMs: 5_000 }),

  'nestjs-graceful-shutdown': async () => {
    const { GracefulShutdownModule, setupGracefulShutdown } = await load<{
      GracefulShutdownModule: { forRoot(): Contender['imports'][number] };
      setupGracefulShutdown: (parameters: { app: INestApplication }) => void;
    }>('nestjs-graceful-shutdown');
    return {
      imports: [GracefulShutdownModule.forRoot()],
      setUp: (app) => setupGracefulShutdown({ app }), // enables the shutdown hooks itself
    };
  },

  'http-terminator': async () => {
    const { createHttpTerminator } = await load<{
      createHttpTerminator: (options: { server: unknown }) => { terminate(): Promise<void> };
    }>('http-terminator');
    return {
      imports: [],
      // Its README: call `terminate()` where you would have called `server.close()`.
      setUp: (app) => {
        const terminator = createHttpTerminator({ server: app.getHttpServer() as unknown });
        process.once('SIGTERM', () => {
          void terminator.terminate().then(() => app.close());
        });
      },
    };
  },
};

export function contender(name: string): Promise<Contender> {
  const create = contenders[name];
  if (!create) {
    throw new Error(`no contender "${name}"; there are ${Object.keys(contenders).join('; ')}`);
  }
  return create();
}

async function graceful(options: import('nestjs-graceful').GracefulOptions): Promise<Contender> {
  const { GracefulModule } = await load<typeof import('nestjs-graceful')>('nestjs-graceful');
  const gracePeriodMs = process.env['GRACE_PERIOD_MS'];
  return {
    imports: [
      GracefulModule.forRoot({
        ...options,
        gracePeriodMs: gracePeriodMs ? Number(gracePeriodMs) : undefined,
      }),
    ],
    setUp: enableShutdownHooks,
    hasProbes: true,
  };
}

/** As if no library were supported: what is left is what the module costs without its integrations. */
async function forgetIntegrations(): Promise<void> {
  const { BUILT_IN_INTEGRATIONS } = (await import(
    new URL('integrations/built-in.js', resolve('nestjs-graceful')).href
  )) as { BUILT_IN_INTEGRATIONS: unknown[] };
  if (BUILT_IN_INTEGRATIONS.length === 0) throw new Error('no integrations to forget');
  BUILT_IN_INTEGRATIONS.length = 0;
}

async function terminus(
  options: import('@nestjs/terminus').TerminusModuleOptions,
): Promise<Contender> {
  const { TerminusModule } = await import('@nestjs/terminus');
  const { TerminusHealthController } = await import('./terminus-health.controller.js');

  @Module({
    imports: [TerminusModule.forRoot(options)],
    controllers: [TerminusHealthController],
  })
  class HealthModule {}
  return { imports: [HealthModule], setUp: enableShutdownHooks, hasProbes: true };
}

/** From the folder that prepare.mjs has laid out, where each of them finds the same @nestjs/*. */
export async function load<T>(name: string): Promise<T> {
  return (await import(resolve(name).href)) as T;
}

function resolve(name: string): URL {
  const require = createRequire(new URL('../contenders/package.json', import.meta.url));
  return pathToFileURL(require.resolve(name));
}
