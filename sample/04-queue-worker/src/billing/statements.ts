import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';

const PAGES = 50;

/** A job that is longer than a shutdown. It keeps its place, so that another worker can go on from there. */
@Processor('statements')
export class Statements extends WorkerHost {
  private readonly logger = new Logger(Statements.name);

  constructor(private readonly ledger: Ledger) {
    super();
  }

  /** The signal is BullMQ's: it aborts when the job is taken away from this worker. */
  async process(job: Job, _token?: string, signal?: AbortSignal): Promise<void> {
    const done = typeof job.progress === 'number' ? job.progress : 0;
    this.logger.log(`statement begun at page ${done + 1} of ${PAGES}`);
    for (let page = done + 1; page <= PAGES; page++) {
      await sleep(100); // the sums
      signal?.throwIfAborted();
      await job.updateProgress(page);
    }
    await this.ledger.write({ statement: PAGES });
  }
}
