import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import type { ItemTotal } from './order.js';
import { OrdersService } from './orders.service.js';

@Controller('reports')
export class ReportsController {
  constructor(private readonly orders: OrdersService) {}

  /** Stands for any handler that waits for somebody else first and needs its database in the end. */
  @Get('slow')
  async slow(): Promise<{ totals: ItemTotal[] }> {
    await sleep(1_500);
    return { totals: await this.orders.totals() };
  }
}
