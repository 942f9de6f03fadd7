import { Injectable, Logger } from '@nestjs/common';
import { Tracked } from 'nestjs-graceful';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../infrastructure/database.js';

/** Written after the order was answered: no request is in flight that a shutdown could wait for. */
@Injectable()
export class Invoices {
  private readonly logger = new Logger(Invoices.name);

  constructor(private readonly database: Database) {}

  @Tracked()
  async write(order: string): Promise<void> {
    await sleep(1_000); // the PDF
    await this.database.insert('invoices', { order });
    this.logger.log(`written for order ${order}`);
  }
}
