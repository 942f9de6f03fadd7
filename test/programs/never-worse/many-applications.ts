/** One application for each tenant, closed together. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setImmediate as turn } from 'node:timers/promises';
import { settings, tell, theModule } from './pair.js';

@Module({})
class Tenant {}

process.on('warning', ({ name, message }) => tell('warning', { name, message }));
const listeners = () => process.listenerCount('exit') + process.stdout.listenerCount('error');
const before = listeners(); // Node has one of its own while a module awaits at its top level
const applications = [];
for (let tenant = 0; tenant < 15; tenant += 1) {
  const root = { module: Tenant, imports: theModule() };
  const application = await NestFactory.createApplicationContext(root as never, { logger: false });
  applications.push(application);
}
if (settings['ends'] === 'by signal') {
  setInterval(() => undefined, 60_000);
  process.kill(process.pid, 'SIGTERM');
} else {
  await Promise.all(applications.map((application) => application.close()));
  for (let turns = 0; turns < 5; turns += 1) await turn();
  tell('closed', { listeners: listeners() - before });
}
