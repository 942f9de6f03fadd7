/** Its database does not answer: `refused` says so at once, and anything else is tried again for ever. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { connect } from 'node:net';

async function open(): Promise<object> {
  if (process.argv[2] === 'refused') await once(connect(1, '127.0.0.1'), 'connect');
  setInterval(() => undefined, 1_000);
  return new Promise(() => undefined);
}

@Module({ providers: [{ provide: 'DATABASE', inject: [], useFactory: open }] })
class DatabaseModule {}

@Module({ imports: [DatabaseModule] })
class AppModule {}

const app = await NestFactory.create(AppModule);
await app.listen(3000);
