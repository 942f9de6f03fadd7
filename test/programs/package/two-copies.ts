// Two copies of the package in one process: the ES modules, and COPY, which is the CommonJS build of the same install, as
// Jest may load it beside the ES modules, or a second install. SCENARIO says what is done with them.
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as one from 'nestjs-graceful';
import { ContractViolationError } from 'nestjs-graceful/testing';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const tell = (event: string, details: object = {}) =>
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);

const installed = new URL('..', import.meta.resolve('nestjs-graceful'));

/** The package's main module and the one for tests, of the other copy. */
async function loadOther(): Promise<[typeof one, typeof import('nestjs-graceful/testing')]> {
  if (process.env['COPY'] === 'the CommonJS build') {
    const require = createRequire(import.meta.url);
    const load = (file: string): unknown =>
      require(fileURLToPath(new URL(`dist/cjs/${file}`, installed)));
    return [load('index.js'), load('testing/index.js')] as Awaited<ReturnType<typeof loadOther>>;
  }
  const copy = new URL(`../.nestjs-graceful-${process.pid}/`, installed);
  cpSync(installed, copy, { recursive: true, dereference: true });
  process.on('exit', () => rmSync(copy, { recursive: true }));
  const load = (file: string): Promise<unknown> => import(new URL(`dist/${file}`, copy).href);
  return [await load('index.js'), await load('testing/index.js')] as Awaited<
    ReturnType<typeof loadOther>
  >;
}

const [other, otherTesting] = await loadOther();
if (other.GracefulModule === one.GracefulModule) throw new Error('this is one copy');

const scenarios = { decorators, errors, 'one application': both, 'two applications': each };

/** The module of one copy, everything else of the other. */
async function decorators(): Promise<void> {
  @Injectable()
  @other.ShutdownPhase('announce')
  class Registry implements OnModuleDestroy {
    onModuleDestroy(): void {
      tell('left the registry');
    }
  }

  @Injectable()
  class Service implements OnModuleDestroy {
    constructor(
      @Inject(other.Graceful) readonly graceful: one.Graceful,
      @Inject(other.GracefulHealthIndicator) readonly indicator: one.GracefulHealthIndicator,
    ) {}

    @other.Tracked()
    async work(): Promise<void> {
      await sleep(300);
      tell('work done');
    }

    @other.OnFlush()
    flush(): void {
      tell('flushed');
    }

    @one.OnFlush()
    @other.OnFlush({ name: 'twice' })
    flushTwice(): void {
      tell('flushed by both');
    }

    @other.ReadinessCheck()
    ready() {
      return { database: { status: 'down' } };
    }

    onModuleDestroy(): void {
      tell('closed', { state: this.graceful.state });
    }
  }

  @Module({ imports: [one.GracefulModule.forRoot()], providers: [Registry, Service] })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  const service = app.get(Service);
  tell('ready', {
    status: (await fetch(`${await app.getUrl()}/health/ready`)).status,
    indicator: await service.indicator.isReady(),
  });
  service.graceful.signal.addEventListener('abort', () => {
    const { reason } = service.graceful.signal as { reason: unknown };
    tell('stopping', { known: reason instanceof other.ShuttingDownError });
  });
  void service.work();
  process.kill(process.pid, 'SIGTERM');
}

/** A failure of one copy, caught by code that knows the classes of the other. */
function errors(): Promise<void> {
  const ofOther: unknown[] = [
    new other.MissingForRootError(),
    new otherTesting.ContractViolationError('x'),
  ];
  tell('known', {
    byItsClass: ofOther[0] instanceof one.MissingForRootError,
    inTesting: ofOther[1] instanceof ContractViolationError,
    asOne: ofOther.every((error) => error instanceof one.GracefulError),
    asAnother: ofOther[0] instanceof one.DuplicatePhaseError,
    aStranger: new Error('x') instanceof one.GracefulError,
  });
  return Promise.resolve();
}

/** `forRoot()` of both in one application. */
async function both(): Promise<void> {
  @Module({ imports: [other.GracefulModule.forRoot()] })
  class LibraryModule {}

  @Module({ imports: [one.GracefulModule.forRoot(), LibraryModule] })
  class AppModule {}

  try {
    await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  } catch (error) {
    const { code, message, copies } = error as one.DuplicateModuleError;
    tell('refused', { code, message, copies });
  }
  process.exit();
}

/** Two applications in one process, each with the module of a copy, each with a request in flight. */
async function each(): Promise<void> {
  await start('first', one.GracefulModule, 300);
  await start('second', other.GracefulModule, 600);
  process.kill(process.pid, 'SIGTERM');
}

async function start(name: string, module: typeof one.GracefulModule, ms: number): Promise<void> {
  let begun: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (begun = resolve));

  @Controller()
  class SlowController implements OnApplicationShutdown {
    @Get()
    async slow(): Promise<string> {
      begun();
      await sleep(ms);
      return name;
    }

    onApplicationShutdown(): void {
      tell(`${name} closed`);
    }
  }

  @Module({ imports: [module.forRoot()], controllers: [SlowController] })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  void fetch(url).then(
    async (response) => tell(`${name} answered`, { body: await response.text() }),
    (error: unknown) => tell(`${name} cut`, { error: String(error) }),
  );
  await arrived;
}

await scenarios[process.env['SCENARIO'] as keyof typeof scenarios]();
