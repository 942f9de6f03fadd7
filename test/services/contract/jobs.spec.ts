import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { describe } from '@jest/globals';
import { Queue } from 'bullmq';
import { bullmq } from '../../../lib/integrations/bullmq.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { describeWith } from '../../support/services.js';
import { redis, redisUrl, unique } from '../servers.js';
import { httpRig } from './http-rig.js';

interface Job {
  readonly data: { readonly piece: string };
}

/** What the queues of both have. */
interface Jobs {
  getJob(id: string): Promise<{ getState(): Promise<string> } | null | undefined>;
  obliterate(options: { force: boolean }): Promise<unknown>;
  close(): Promise<unknown>;
}

let count = 0;
const queueName = () => `${unique('contract')}_${(count += 1)}`;

describeWith(redis, () => {
  describe('BullMQ', () => {
    const rig = httpRig(bullmq, { keeps: true, givesBack: true }, (work) => {
      const [name, connection] = [queueName(), { url: redisUrl }];

      @Processor(name, { concurrency: 2 })
      class Mails extends WorkerHost {
        process({ data }: Job): Promise<void> {
          return work(data.piece);
        }
      }

      const imports = [BullModule.forRoot({ connection }), BullModule.registerQueue({ name })];
      return {
        module: { imports, providers: [Mails] },
        use(app) {
          app.get(Mails).worker.on('error', () => undefined); // of a job that was given back
          const queue = new Queue(name, { connection });
          return {
            offer: (piece) => queue.add('send', { piece }, { jobId: piece }),
            ...seenIn(queue),
          };
        },
      };
    });

    itKeepsTheContract(rig);
  });
});

/** By a connection of its own, which is there when the application's is closed. */
function seenIn(queue: Jobs) {
  return {
    async fateOf(piece: string): Promise<PieceFate | undefined> {
      const state = await (await queue.getJob(piece))?.getState();
      return FATES.find((fate) => fate === state);
    },
    async cleanUp(): Promise<void> {
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}

const FATES: readonly PieceFate[] = ['completed', 'failed', 'waiting'];
