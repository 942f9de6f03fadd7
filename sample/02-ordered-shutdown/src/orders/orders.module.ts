import { Module } from '@nestjs/common';
import { InfrastructureModule } from '../infrastructure/infrastructure.module.js';
import { AuditLog } from './audit-log.js';
import { Invoices } from './invoices.js';
import { OrdersController } from './orders.controller.js';
import { OutboxRelay } from './outbox-relay.js';
import { SearchIndex } from './search-index.js';
import { StockFeed } from './stock-feed.js';

@Module({
  imports: [InfrastructureModule],
  controllers: [OrdersController],
  providers: [AuditLog, Invoices, OutboxRelay, SearchIndex, StockFeed],
})
export class OrdersModule {}
