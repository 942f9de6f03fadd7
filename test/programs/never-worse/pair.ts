import type { DynamicModule, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GracefulModule, type GracefulOptions } from 'nestjs-graceful';

/** What every program here is told, as one JSON object in PROGRAM. */
interface PairSettings {
  /** Without the module: the control. */
  readonly plain?: boolean;
  readonly platform?: 'express' | 'fastify';
}

/** What the test has told; a program with settings of its own gives them a type. */
export const settings = JSON.parse(process.env['PROGRAM'] ?? '{}') as PairSettings &
  Readonly<Record<string, unknown>>;

/** The one line that makes the difference between the two of a pair. */
export function theModule(options?: GracefulOptions): DynamicModule[] {
  return settings.plain ? [] : [GracefulModule.forRoot(options)];
}

/** `NestFactory.create()` on the platform that the test asked for, with Nest's shutdown hooks as its documentation says. */
export async function createApplication(
  module: Type,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  const application =
    settings.platform === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), options)
      : await NestFactory.create(module, options);
  return application.enableShutdownHooks();
}

/** Listens on a free port, and tells the test which. */
export async function listen(application: INestApplication): Promise<void> {
  await application.listen(0, '127.0.0.1');
  const { port } = application.getHttpServer().address() as { port: number };
  tell('listening', { port });
}

/** Tells the test of something. */
export function tell(event: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}
