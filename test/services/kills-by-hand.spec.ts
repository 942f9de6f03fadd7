import { transformFile } from '@swc/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Channel, type Connection } from 'amqplib';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeWith, type Service } from '../support/services.js';
import { esm, FolderBesideNest } from './beside-nest.js';
import { bossOutside, dropSchema, type Boss } from './boss-library.js';
import { AppProcess } from './kills/app-process.js';
import type { ByHandSettings } from './kills/by-hand-program.js';
import { nats, natsUrl, rabbitmq, rabbitmqUrl } from './microservices/servers.js';
import { NATS, type JetStreamManager, type NatsConnection } from './nats-library.js';
import { postgres, postgresUrl, unique } from './servers.js';

const servers: Service = {
  name: 'PostgreSQL, RabbitMQ and NATS',
  available: postgres.available && rabbitmq.available && nats.available,
  hint: `${postgres.hint} ${rabbitmq.hint} ${nats.hint}`,
};

const SOURCES = ['pg-boss', 'amqplib', 'JetStream', 'careless'] as const;
const PIECES = 8;
/** What was in hand comes back after a second or so; processes start meanwhile. */
const PATIENCE = 60_000;

/** The signal before SIGKILL, and how long that comes after it, in milliseconds; how much has begun by then. */
const KILLS = [
  { seed: 0, begun: 5, sigterm: false, delayMs: 0 },
  { seed: 1, begun: 6, sigterm: true, delayMs: 3 },
  { seed: 2, begun: 8, sigterm: true, delayMs: 60 },
  { seed: 3, begun: 9, sigterm: true, delayMs: 170 },
] as const;

describeWith(servers, () => {
  const prefix = unique('by_hand');
  const [, library] = NATS;
  let folder: FolderBesideNest;
  let boss: Boss;
  let connection: Connection;
  let channel: Channel;
  let stream: NatsConnection;
  let manager: JetStreamManager;
  let app: AppProcess | undefined;

  beforeAll(async () => {
    const program = fileURLToPath(new URL('kills/by-hand-program.ts', import.meta.url));
    const { code } = await transformFile(program, esm);
    folder = await FolderBesideNest.make({ 'program.js': code });
    boss = await bossOutside(10, prefix);
    await boss.createQueue('work');
    connection = await connect(rabbitmqUrl);
    channel = await connection.createConfirmChannel();
    for (const queue of ['work', 'careless']) await channel.assertQueue(`${prefix}.${queue}`);
    stream = await library.connect({ servers: natsUrl });
    manager = await library.manager(stream);
    await manager.streams.add({ name: prefix, subjects: [prefix] });
    const second = 1_000_000_000;
    const consumer = { durable_name: 'work', ack_policy: 'explicit', ack_wait: second };
    await manager.consumers.add(prefix, consumer);
  }, PATIENCE);

  afterAll(async () => {
    await app?.kill();
    await boss.stop({ graceful: false });
    await dropSchema(prefix);
    for (const queue of ['work', 'careless']) await channel.deleteQueue(`${prefix}.${queue}`);
    await connection.close();
    await manager.streams.delete(prefix);
    await stream.close();
    await folder.remove();
  });

  const lostForGood: string[] = [];
  const store = () => join(folder.path, 'store');

  async function running(): Promise<AppProcess> {
    if (app?.isRunning) return app;
    const urls = { postgresUrl, rabbitmqUrl, natsUrl };
    const settings: ByHandSettings = { prefix, store: store(), ms: 50, ...urls };
    const started = new AppProcess(folder, settings);
    app = started;
    await started.until('it was ready', () => started.names('ready').length > 0);
    return started;
  }

  async function publish(names: readonly string[]): Promise<void> {
    const jobs = { retryLimit: 20, expireInSeconds: 1 };
    for (const piece of of('pg-boss', names)) await boss.send('work', { piece }, jobs);
    for (const name of of('amqplib', names))
      channel.sendToQueue(`${prefix}.work`, Buffer.from(name));
    for (const name of of('careless', names)) {
      channel.sendToQueue(`${prefix}.careless`, Buffer.from(name));
    }
    await channel.waitForConfirms();
    for (const name of of('JetStream', names))
      await library.jetstream(stream).publish(prefix, name);
  }

  const of = (source: string, names: readonly string[]) =>
    names.filter((name) => name.startsWith(`${source} `));

  async function rows(): Promise<string[]> {
    return existsSync(store()) ? (await readFile(store(), 'utf8')).trim().split('\n') : [];
  }

  describe.each(KILLS)('killed: $sigterm after SIGTERM, $delayMs ms (seed $seed)', (kill) => {
    const names = SOURCES.flatMap((source) =>
      Array.from({ length: PIECES }, (_, index) => `${source} ${kill.seed}-${index}`),
    );
    const careful = names.filter((name) => !name.startsWith('careless'));
    let cut: string[] = [];
    let stored: string[] = [];

    beforeAll(async () => {
      const killed = await running();
      await publish(names);
      await killed.until('it was amid its work', () => {
        const begun = killed.names('begun').filter((name) => names.includes(name));
        return begun.length >= kill.begun && of('careless', begun).length > 0;
      });
      if (kill.sigterm) killed.signal('SIGTERM');
      await sleep(kill.delayMs);
      await killed.kill();
      cut = killed.running.filter((name) => names.includes(name));
      await running();
      const end = Date.now() + PATIENCE / 2;
      do {
        await sleep(50);
        stored = await rows();
      } while (careful.some((name) => !stored.includes(name)) && Date.now() < end);
    }, PATIENCE);

    it('nothing is lost that is acknowledged when it is done', () => {
      expect(careful.filter((name) => !stored.includes(name))).toEqual([]);
    });

    it('the control: of what is gone when it is delivered, what was cut is lost', () => {
      const lost = of('careless', cut).filter((name) => !stored.includes(name));
      lostForGood.push(...lost);
      expect(lost).toEqual(of('careless', cut));
    });
  });

  it('the rig sees losses', () => {
    expect(lostForGood).not.toEqual([]);
  });

  it('the last one ends clean', async () => {
    const last = await running();
    last.signal('SIGTERM');
    await last.end;
    expect(last.exitCode).toBe(0);
  });
});
