import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { afterAll, beforeAll } from '@jest/globals';
import { pgBoss } from '../../../lib/integrations/pg-boss/pg-boss.integration.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import {
  bossOf,
  bossOutside,
  describeWithBoss,
  dropSchema,
  optionsFor,
  type Boss,
  type BossClass,
  type Job,
  type Row,
} from '../boss-library.js';
import { httpRig } from './http-rig.js';

/** As often as it can poll, in seconds. */
const pollingIntervalSeconds = 0.5;

const FATES: Partial<Record<Row['state'], PieceFate>> = {
  completed: 'completed',
  failed: 'failed',
  retry: 'waiting',
  created: 'waiting',
};

let count = 0;

describeWithBoss((major, schema) => {
  let Boss: BossClass;
  let outside: Boss;

  beforeAll(async () => {
    Boss = await bossOf(major);
    outside = await bossOutside(major, schema);
  });

  afterAll(async () => {
    await outside?.stop({ graceful: false });
    await dropSchema(schema);
  });

  const settings = { keeps: true, givesBack: true, quietMs: 600, patienceMs: 8_000 };
  const rig = httpRig(pgBoss, settings, (work) => {
    const name = `mails-${(count += 1)}`;

    @Injectable()
    class Mails implements OnModuleInit, OnModuleDestroy {
      private readonly boss = new Boss(optionsFor(schema));

      async onModuleInit(): Promise<void> {
        this.boss.on('error', () => undefined);
        await this.boss.start();
        await this.boss.createQueue(name);
        const send = ([{ data }]: readonly Job[]) => work(data.piece);
        for (let worker = 0; worker < 2; worker += 1) {
          await this.boss.work(name, { pollingIntervalSeconds }, send);
        }
      }

      async onModuleDestroy(): Promise<void> {
        await this.boss.stop();
      }
    }

    const ids = new Map<string, string>();
    return {
      module: { providers: [Mails] },
      use: () => ({
        async offer(piece) {
          const retryLimit = piece === 'failing' ? 0 : 2;
          ids.set(piece, String(await outside.send(name, { piece }, { retryLimit })));
        },
        async fateOf(piece) {
          const row = await outside.getJobById(name, ids.get(piece) ?? '');
          return row ? FATES[row.state] : undefined;
        },
      }),
    };
  });

  itKeepsTheContract(rig);
});
