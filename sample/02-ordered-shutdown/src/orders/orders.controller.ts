import { Body, Controller, Get, HttpCode, Logger, Post } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../infrastructure/database.js';
import { UsedKeys } from '../infrastructure/used-keys.js';
import { Invoices } from './invoices.js';
import { SearchIndex } from './search-index.js';

interface NewOrder {
  readonly key: string;
  readonly item: string;
}

@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger('Orders');
  private readonly counted = channel('orders:counted');

  constructor(
    private readonly database: Database,
    private readonly keys: UsedKeys,
    private readonly invoices: Invoices,
    private readonly index: SearchIndex,
  ) {}

  @Post()
  async place(@Body() { key, item }: NewOrder) {
    const order = { key, item };
    if (!this.keys.isNew(key)) return order;
    await this.database.insert('orders', order);
    await this.database.insert('outbox', { type: 'order placed', ...order });
    this.counted.publish('orders placed');
    void this.invoices.write(key); // answered before it is written
    return order;
  }

  /** Needs the database at its beginning and at its end, half a second later. */
  @Get('export')
  async export() {
    const orders = await this.database.select('orders');
    this.logger.log('export begun');
    await sleep(500);
    const invoices = await this.database.select('invoices');
    this.logger.log('export answered');
    return { orders, invoices };
  }

  @Post('index')
  @HttpCode(202)
  rebuildIndex() {
    this.index.rebuild();
  }
}
