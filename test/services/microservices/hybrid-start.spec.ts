import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Transport } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import type { AddressInfo, Server } from 'node:net';
import type { Integration } from '../../../lib/engine/integration.js';
import type { Platform } from '../../support/http-app.js';
import { manyTurns } from '../../support/many-turns.js';
import { RpcApp, type RpcAppSetup } from './rpc-app.js';

const microservice = {
  transport: Transport.TCP as const,
  options: { host: '127.0.0.1', port: 0 },
};

async function ask(app: RpcApp, name: string): Promise<{ answer: Promise<string> }> {
  const { port } = app.microservice.unwrap<Server>().address() as AddressInfo;
  const client = await app.connect({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  const answer = client.ask(name);
  await app.work.begun(name);
  return { answer };
}

/** Counts the init hooks, which take until the test lets them end. */
@Injectable()
class SlowToStart implements OnModuleInit, OnApplicationBootstrap {
  static calls: string[] = [];
  static begun: () => void = () => undefined;
  static end: Promise<void> = Promise.resolve();

  async onModuleInit(): Promise<void> {
    SlowToStart.calls.push('init begins');
    SlowToStart.begun();
    await SlowToStart.end;
    SlowToStart.calls.push('init ends');
  }

  onApplicationBootstrap(): void {
    SlowToStart.calls.push('bootstrap');
  }
}

const platforms: readonly Platform[] = ['Express', 'Fastify'];

describe.each(platforms)(
  'a hybrid application on %s whose microservice listens first',
  (platform) => {
    const start = (setup: Partial<RpcAppSetup>) =>
      RpcApp.start({ kind: 'hybrid', platform, microservice, ...setup });

    it('answers what has begun before it is initialised', async () => {
      let early: { answer: Promise<string> } | undefined;
      const app = await start({ beforeInit: async (it) => (early = await ask(it, 'early')) });

      const closing = app.close();
      await app.draining();
      await manyTurns();
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('early');

      expect(await early?.answer).toBe('did early');
      await closing;
      expect(app.work.inFlightAtDestroy).toBe(0);
    });

    it('is initialised to the end when the signal comes before', async () => {
      SlowToStart.calls = [];
      let end!: () => void;
      SlowToStart.end = new Promise((resolve) => (end = resolve));
      const begun = new Promise<void>((resolve) => (SlowToStart.begun = resolve));
      let early: RpcApp | undefined;
      const starting = start({
        providers: [SlowToStart],
        beforeInit(app) {
          early = app;
          app.signal();
        },
      });
      await begun;
      await manyTurns();
      expect(early?.log.lines.join('\n')).not.toMatch(/^drain: /m);
      end();
      await starting;
      await early?.exited();

      expect(SlowToStart.calls).toEqual(['init begins', 'init ends', 'bootstrap']);
      expect(early?.process.exits).toEqual([0]);
    });

    it('is not waited for when it never calls it', async () => {
      const app = await start({ listens: false });
      const { answer } = await ask(app, 'one');

      app.signal();
      await app.draining();
      await manyTurns();
      app.work.finish('one');

      expect(await answer).toBe('did one');
      await app.exited();
      expect(app.process.exits).toEqual([0]);
      expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it.each(['hybrid', 'microservice'] as const)(
      '%s: an integration that fails fails the boot',
      async (kind) => {
        const integrations: Integration[] = [
          {
            name: 'broken',
            early: true,
            attach() {
              throw new Error('not what it was made for');
            },
          },
        ];
        await expect(start({ kind, integrations })).rejects.toThrow('not what it was made for');
      },
    );

    it('has its hooks run twice by Nest with deferInitialization, and shuts down once', async () => {
      SlowToStart.calls = [];
      SlowToStart.end = Promise.resolve();
      const probes = { port: 0, host: '127.0.0.1' };
      const app = await start({
        kind: 'hybrid with deferInitialization',
        providers: [SlowToStart],
        options: { probes },
        beforeInit: (it) => expect(it.graceful.state).toBe('starting'),
      });
      const round = ['init begins', 'init ends', 'bootstrap'];
      expect(SlowToStart.calls).toEqual([...round, ...round]);
      expect(app.graceful.state).toBe('ready');
      expect(app.log.lines.filter((line) => line.startsWith('Ready to drain'))).toHaveLength(1);
      expect(app.log.lines.filter((line) => line.startsWith('Probes on'))).toHaveLength(1);

      await app.close();

      expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
      const names = app.graceful.report?.phases.flatMap(({ tasks }) => tasks.map((it) => it.name));
      expect(names).toEqual([...new Set(names)]);
    });
  },
);
