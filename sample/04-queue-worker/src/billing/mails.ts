import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';
import type { Order } from './order.js';

/** Enqueued by an invoice. */
@Processor('mails')
export class Mails extends WorkerHost {
  constructor(private readonly ledger: Ledger) {
    super();
  }

  async process({ data: { id } }: Job<Order>): Promise<void> {
    await sleep(50); // the mail server
    await this.ledger.write({ mail: id });
  }
}
