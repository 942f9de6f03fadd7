import { InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';
import type { Order } from './order.js';

/** A row in the ledger for each order, and then another job: the mail. */
@Processor('invoices', { concurrency: 2 })
export class Invoices extends WorkerHost {
  private readonly logger = new Logger(Invoices.name);

  constructor(
    private readonly ledger: Ledger,
    @InjectQueue('mails') private readonly mails: Queue<Order>,
  ) {
    super();
  }

  async process({ data: { id } }: Job<Order>): Promise<void> {
    this.logger.log(`order ${id} begun`);
    await sleep(300); // the PDF
    await this.ledger.write({ invoice: id });
    await this.mails.add('send', { id }, { jobId: id });
  }
}
