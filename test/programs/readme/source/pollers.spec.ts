import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GracefulModule } from 'nestjs-graceful';
import { integrationContract, type IntegrationRig } from 'nestjs-graceful/testing';
import { test } from 'node:test';
import { Poller } from './poller.js';
import { pollers } from './pollers.js';

@Module({})
class PollerApp {}

const rig: IntegrationRig = {
  integration: pollers,
  keeps: true, // what comes while it is paused stays in the table
  async start({ integrations, work }) {
    const poller = new Poller(({ id }) => work(id));
    const app = await NestFactory.createApplicationContext(
      {
        module: PollerApp,
        imports: [GracefulModule.forRoot({ integrations, gracePeriodMs: 30_000 })],
        providers: [{ provide: Poller, useValue: poller }],
      },
      { logger: false },
    );
    return {
      offer: (id) => poller.push({ id, name: 'mail' }),
      fateOf: (id) => poller.done.get(id),
      close: () => app.close(),
    };
  },
};

for (const { name, run } of integrationContract(rig)) void test(name, run);
