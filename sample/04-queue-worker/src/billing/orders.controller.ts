import { InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, Get, HttpCode, Logger, Post } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';
import type { Order } from './order.js';

@Controller('orders')
export class OrdersController {
  private readonly logger = new Logger('Orders');

  constructor(
    @InjectQueue('invoices') private readonly invoices: Queue<Order>,
    @InjectQueue('statements') private readonly statements: Queue,
    private readonly ledger: Ledger,
  ) {}

  @Post()
  @HttpCode(202)
  async place(@Body() orders: Order[]): Promise<void> {
    const jobs = orders.map(({ id }) => ({ name: 'write', data: { id }, opts: { jobId: id } }));
    await this.invoices.addBulk(jobs);
  }

  @Post('statement')
  @HttpCode(202)
  async orderStatement(): Promise<void> {
    await this.statements.add('write', {}, { jobId: 'year' });
  }

  /** A slow request, as every service has one. */
  @Get('export')
  async export(): Promise<string> {
    this.logger.log('export begun');
    await sleep(1_000);
    await this.ledger.write({ export: 'made' });
    return 'all orders';
  }
}
