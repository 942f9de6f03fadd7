/** Runs the code that stands in the README: the files beside this one are its blocks, word for word. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppModule } from './app.module.js';
import { DatabaseReadiness } from './database.readiness.js';
import { Database } from './database.js';
import { Telemetry } from './telemetry.js';

@Module({
  imports: [AppModule, TerminusModule],
  providers: [Database, DatabaseReadiness, Telemetry],
})
class ReadmeModule {}

// There is no collector where the tests run; the block only needs a fetch that answers.
globalThis.fetch = () => Promise.resolve(new Response());

const app = await NestFactory.create(ReadmeModule);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
console.log(`listening on ${port}`);
