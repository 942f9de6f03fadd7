import { Controller, Get, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';

/** HTTP. */
@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger('Orders');

  constructor(private readonly ledger: Ledger) {}

  /** A slow request, as every service has one. */
  @Get('export')
  async export(): Promise<string> {
    this.logger.log('export begun');
    await sleep(1_500);
    await this.ledger.write({ export: 'made' });
    return 'all orders';
  }
}
