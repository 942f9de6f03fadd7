import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo, Server } from 'node:net';
import { tell } from './tell.js';

/** Creates the application on the platform that PLATFORM names. */
export async function create(root: Type): Promise<INestApplication> {
  if (process.env['PLATFORM'] !== 'fastify') return NestFactory.create(root);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(root, new FastifyAdapter());
}

/** Listens and tells where. */
export async function listen(app: INestApplication): Promise<void> {
  await app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  tell({ event: 'listening', port });
}
