import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { PlainAppModule } from './plain-app.module.js';

const rootModule = process.env.GRACEFUL === 'off' ? PlainAppModule : AppModule;

const app =
  process.env.PLATFORM === 'fastify'
    ? await NestFactory.create(rootModule, new FastifyAdapter())
    : await NestFactory.create(rootModule);

app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
