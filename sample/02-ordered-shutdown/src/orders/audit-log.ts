import { Injectable, Logger } from '@nestjs/common';
import { OnShutdown } from 'nestjs-graceful';
import { Database } from '../infrastructure/database.js';

/** Signs off what was sold: when nothing is in flight any more, and before the outbox goes out for the last time. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger(AuditLog.name);

  constructor(private readonly database: Database) {}

  @OnShutdown('audit')
  async seal(): Promise<void> {
    const orders = await this.database.select('orders');
    const invoices = await this.database.select('invoices');
    const total = { orders: orders.length, invoices: invoices.length };
    await this.database.insert('outbox', { type: 'sealed', ...total });
    this.logger.log(`sealed: ${total.orders} orders, ${total.invoices} invoices`);
  }
}
