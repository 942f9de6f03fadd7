import {
  Controller,
  Get,
  Injectable,
  Module,
  type INestApplication,
  type INestApplicationContext,
  type LogLevel,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

const situation = String(settings['situation']);
const is = (name: string) => situation === name;

/** What the handlers and hooks below end. */
let application: INestApplication | undefined;

@Controller()
class Routes {
  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('slow')
  async slow(): Promise<string> {
    tell('begun');
    await sleep(300);
    return 'slow';
  }
}

const agent = new Agent({ keepAlive: true });

let port = 0;

/** Where the application listens, also when it does not any more. */
function notePort(): void {
  const address: unknown = application?.getHttpServer().address();
  if (address) ({ port } = address as { port: number });
}

function ask(path: string): Promise<string> {
  notePort();
  return new Promise((resolve) => {
    get({ port, path, agent, host: '127.0.0.1' }, (response) => {
      response.resume();
      response.once('end', () => resolve(String(response.statusCode)));
    }).once('error', (error) => resolve((error as { code?: string }).code ?? error.message));
  });
}

@Injectable()
class Provider implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private child?: ChildProcess;
  private timer?: NodeJS.Timeout;

  async onApplicationBootstrap(): Promise<void> {
    if (is('a child process')) {
      this.child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      await once(this.child, 'spawn');
    }
    if (is('a timer of its own')) this.timer = setInterval(() => undefined, 1_000);
    if (is('close() in a bootstrap hook')) {
      await application?.close();
      tell('closed');
    }
  }

  async onModuleDestroy(): Promise<void> {
    tell('destroying');
    clearInterval(this.timer);
    if (this.child) {
      this.child.kill();
      await once(this.child, 'exit');
      tell('child gone');
    }
    if (is('a slow hook')) await sleep(300);
    if (is('a hook that asks its own server')) tell(await ask('/fast'));
    tell('destroyed');
  }

  onApplicationShutdown(signal?: string): void {
    tell('shut down', { signal });
  }
}

@Module({ imports: theModule(), controllers: [Routes], providers: [Provider] })
class App {}

const quiet = { logger: ['warn', 'error'] satisfies LogLevel[] };
const context = (): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(App, quiet);

async function start(): Promise<INestApplication> {
  application = await createApplication(App, quiet);
  return application;
}

/** What is open besides the pipes of this process. */
const handles = () =>
  process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReq|Immediate/.test(name));

const SITUATIONS: Record<string, () => Promise<void>> = {
  'a script that closes its context': async () => {
    const app = await context();
    await app.close();
    tell('done');
  },
  'a script that closes nothing': async () => {
    await context();
    tell('done');
  },
  'a script with an exit code of its own': async () => {
    const app = await context();
    process.exitCode = 3;
    await app.close();
    tell('done');
  },
  'a script that exits behind close()': async () => {
    const app = await context();
    await app.close();
    tell('done');
    process.exit(4);
  },
  'a script that throws behind close()': async () => {
    const app = await context();
    await app.close();
    tell('done');
    throw new Error('behind close()');
  },
  'close() in a bootstrap hook': async () => {
    await start();
    await application?.init();
    tell('initialised');
    process.exit(0);
  },
  'close() before the first init': async () => {
    const app = await start();
    await app.close();
    tell('done');
  },
  'close() twice at once': async () => {
    const app = await start();
    await listen(app);
    await Promise.all([app.close(), app.close()]);
    tell('done');
  },
  'close() again when it is over': async () => {
    const app = await start();
    await listen(app);
    await app.close();
    await app.close();
    tell('done');
  },
  'the same port again': async () => {
    const app = await start();
    await listen(app);
    const { port } = app.getHttpServer().address() as { port: number };
    for (let round = 0; round < 3; round += 1) {
      await ask('/fast');
      agent.destroy();
      await application?.close();
      await (await start()).listen(port, '127.0.0.1');
      tell(await ask('/fast'));
    }
    agent.destroy();
    await application?.close();
    tell('done');
  },
  'nothing is left open': async () => {
    const app = await start();
    await listen(app);
    await ask('/fast');
    agent.destroy();
    await app.close();
    await sleep(50);
    tell(`open: ${handles().join()}`);
  },
  'a socket file': async () => {
    const app = await start();
    const path = join(tmpdir(), `everyday-${process.pid}.sock`);
    await app.listen(path);
    await app.close();
    tell(`socket file: ${existsSync(path)}`);
  },
  'a server that the application has closed': async () => {
    const app = await start();
    await listen(app);
    app.getHttpServer().close();
    await app.close();
    tell('done');
  },
  'an application in a handler of serverless functions': async () => {
    const app = await start();
    await app.init();
    await sleep(50);
    tell('done');
  },
  'a forked worker that its parent disconnects': async () => {
    if (process.env['EVERYDAY'] === 'worker') {
      const app = await start();
      await listen(app);
      process.once('disconnect', () => void app.close().then(() => tell('done')));
      process.send?.('ready');
      return;
    }
    const worker = fork(process.argv[1] ?? '', { env: { ...process.env, EVERYDAY: 'worker' } });
    await once(worker, 'message');
    worker.disconnect();
    const [code] = (await once(worker, 'exit')) as [number];
    tell(`worker: ${code}`);
  },
  'a listener by once()': async () => {
    const app = await NestFactory.create(App, quiet);
    application = app;
    process.once('SIGTERM', () => void app.close().then(() => tell('done')));
    await listen(app);
    void ask('/slow').then(tell);
    await sleep(50);
    process.kill(process.pid, 'SIGTERM');
  },
};

/** Those that end by the signal of the test. */
const SIGNALLED = [
  'a child process',
  'a timer of its own',
  'a slow hook',
  'a hook that asks its own server',
];

await (
  SITUATIONS[situation] ??
  (async () => {
    if (!SIGNALLED.includes(situation)) throw new Error(`unknown: ${situation}`);
    await listen(await start());
    notePort();
  })
)();
