import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { graphileWorker } from '../../../lib/integrations/graphile-worker/graphile-worker.integration.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import {
  describeWithGraphile,
  dropDatabase,
  makeDatabase,
  graphile,
  quietLogger,
  type Graphile,
  type Runner,
  type Utils,
} from '../graphile-library.js';
import { unique } from '../servers.js';
import { httpRig } from './http-rig.js';

interface Row {
  readonly last_error: string | null;
  readonly locked_by: string | null;
}

describeWithGraphile(() => {
  let library: Graphile;
  let utils: Utils;
  let client: pg.Client;
  let options: object;
  let count = 0;
  const database = unique('graphile');

  beforeAll(async () => {
    library = await graphile();
    const connectionString = await makeDatabase(database);
    options = { connectionString, logger: quietLogger(library) };
    utils = await library.makeWorkerUtils(options);
    await utils.migrate();
    client = new pg.Client(connectionString);
    await client.connect();
  });

  afterAll(async () => {
    await client?.end();
    await utils?.release();
    await dropDatabase(database);
  });

  const settings = { keeps: true, givesBack: true, quietMs: 300, patienceMs: 8_000 };
  const rig = httpRig(graphileWorker, settings, (work) => {
    const task = `send_${(count += 1)}`;

    @Injectable()
    class Mails implements OnModuleInit, OnModuleDestroy {
      private runner!: Runner;

      async onModuleInit(): Promise<void> {
        const taskList = { [task]: ({ piece }: { piece: string }) => work(piece) };
        const settled = { concurrency: 2, pollInterval: 100, noHandleSignals: true };
        this.runner = await library.run({ ...options, ...settled, taskList });
      }

      async onModuleDestroy(): Promise<void> {
        await this.runner.stop();
      }
    }

    const ids = new Map<string, string>();
    return {
      module: { providers: [Mails] },
      use: () => ({
        async offer(piece) {
          const { id } = await utils.addJob(task, { piece });
          ids.set(piece, id);
        },
        async fateOf(piece) {
          const text = 'select last_error, locked_by from graphile_worker.jobs where id = $1';
          const { rows } = await client.query<Row>(text, [ids.get(piece)]);
          const [row] = rows;
          if (!row) return 'completed';
          if (row.locked_by) return undefined;
          return row.last_error ? 'failed' : 'waiting';
        },
      }),
    };
  });

  itKeepsTheContract(rig);
});
