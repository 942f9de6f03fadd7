/**
 * The application of the process tests; `settings.ts` has what it can be told to be. It prints a line of JSON for each
 * thing that the tests ask about, and does what they send it over IPC.
 */
import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Graceful } from 'nestjs-graceful';
import { AppModule } from './app.module.js';
import { crash, say, settings } from './settings.js';

class LogsOnExit extends ConsoleLogger {
  private readonly lines: string[] = [];

  constructor() {
    super();
    process.on('exit', () => writeSync(1, `${this.lines.join('\n')}\n`));
  }

  protected override printMessages(messages: unknown[], context = ''): void {
    this.lines.push(`[${context}] ${messages.join(' ')}`);
  }
}

class TellsOfObjects extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (typeof message === 'object') say('logged', { message });
    else super.log(message, ...rest);
  }
}

function logger(): { logger?: LoggerService } {
  switch (settings.logger) {
    case 'on exit':
      return { logger: new LogsOnExit() };
    case 'json':
      return { logger: new ConsoleLogger({ json: true }) };
    case 'objects':
      return { logger: new TellsOfObjects() };
    case undefined:
      return {};
  }
}

/** Everything that `Graceful` tells of, as it is told. */
function listenTo(graceful: Graceful): void {
  graceful.states.subscribe({
    next: (state) => say('observed', { state }),
    complete: () => say('observed all'),
  });
  const { signal } = graceful;
  signal.addEventListener('abort', () => say('aborted', { why: String(signal.reason) }));
}

function enableHooks(app: INestApplicationContext): void {
  for (let call = 0; call < (settings.shutdownHooks ?? 1); call += 1) app.enableShutdownHooks();
}

async function start(): Promise<INestApplicationContext> {
  const nest = { ...settings.nest, ...logger() };
  if (settings.context) {
    const app = await NestFactory.createApplicationContext(AppModule, nest);
    enableHooks(app);
    return app;
  }
  const app =
    settings.platform === 'fastify'
      ? await NestFactory.create(AppModule, await fastify(), nest)
      : await NestFactory.create(AppModule, nest);
  if (!settings.hooksAfterListen) enableHooks(app);
  await app.listen(0, '127.0.0.1');
  if (settings.hooksAfterListen) enableHooks(app);
  if (settings.listens) listenTo(app.get(Graceful));
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  say('listening', { port });
  return app;
}

function listeners(): number {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;
  return signals.reduce((sum, signal) => sum + process.listenerCount(signal), 0);
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

if (settings.listens) {
  for (const name of ['state', 'phase', 'report']) {
    subscribe(`nestjs-graceful:${name}`, (message) => say(`channel ${name}`, { message }));
  }
}
const before = listeners();
process.on('exit', (code) => say('exit', { code }));
if (settings.keepAlive) setInterval(() => undefined, 60_000);
const apps: INestApplicationContext[] = [];

const commands: Record<string, (app: INestApplicationContext) => unknown> = {
  close: async (app) => {
    await app.close();
    // A destroyed socket says so, and lets go of its timers, some turns later.
    for (let turns = 0; turns < 20 && timers() > 0; turns += 1) await turn();
    const state = settings.options === null ? undefined : app.get(Graceful).state;
    say('closed', { state, listeners: listeners() - before, timers: timers() });
  },
  'close twice': async (app) => {
    await Promise.all([app.close(), app.close()]);
    say('closed');
  },
  'close and leave': async (app) => {
    await app.close();
    process.disconnect();
  },
  'close, then a signal in the same turn': (app) => {
    process.kill(process.pid, 'SIGTERM'); // arrives with the next turn of the event loop
    return app.close();
  },
  'a signal, then close in the same turn': (app) => {
    process.once('SIGTERM', () => void app.close());
    process.kill(process.pid, 'SIGTERM');
  },
  'start and close 20 more': async () => {
    for (let cycle = 0; cycle < 20; cycle += 1) await (await start()).close();
    say('cycled', { listeners: listeners() - before });
  },
  disconnect: () => process.disconnect(),
  throw: () => crash('throw'),
  reject: () => crash('reject'),
  shutdown: (app) => shutdown(app, 'lost the lock', 3),
  'shutdown again': (app) => shutdown(app, 'lost it again', 4),
  'shutdown with a wrong code': (app) => shutdown(app, 'lost the lock', 256),
  routes: (app) => {
    const { router } = (app as NestExpressApplication).getHttpAdapter().getInstance() as {
      router: { stack: Array<{ route?: { path: string } }> };
    };
    say('routes', { routes: router.stack.flatMap(({ route }) => route?.path ?? []) });
  },
};

async function shutdown(
  app: INestApplicationContext,
  reason: string,
  exitCode: number,
): Promise<void> {
  try {
    const report = await app.get(Graceful).shutdown(reason, { exitCode });
    say('shut down', { reason: report.reason });
  } catch (error) {
    say('refused', { error: String(error) });
  }
}

async function closeForSignal(): Promise<void> {
  await apps[0]?.close();
  if (settings.ownHandler === 'closes and exits') process.exit(3);
}

async function main(): Promise<void> {
  if (settings.ownHandler) process.on('SIGTERM', () => void closeForSignal());
  for (let count = 0; count < (settings.apps ?? 1); count += 1) apps.push(await start());
  process.on('message', (command: string) => void commands[command]?.(apps[0]));
  say('started', { pid: process.pid });
}

void main();

/** Not loaded by the many programs that run on Express. */
async function fastify() {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}
