import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { Invoices } from './invoices.js';
import { Ledger } from './ledger.js';
import { Mails } from './mails.js';
import { OrdersController } from './orders.controller.js';
import { Statements } from './statements.js';

@Module({
  imports: [
    BullModule.forRoot({
      connection: { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' },
      prefix: process.env.QUEUE_PREFIX ?? 'sample-04',
    }),
    BullModule.registerQueue({ name: 'invoices' }, { name: 'mails' }, { name: 'statements' }),
  ],
  controllers: [OrdersController],
  providers: [Invoices, Mails, Statements, { provide: Ledger, useFactory: () => Ledger.open() }],
})
export class BillingModule {}
