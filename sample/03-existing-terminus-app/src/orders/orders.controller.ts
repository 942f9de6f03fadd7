import { Controller, Get } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheService } from '../cache/cache.service.js';
import { PrismaService } from '../prisma/prisma.service.js';

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly cache: CacheService,
  ) {}

  @Get()
  async list() {
    const orders = await this.prisma.order.findMany();
    this.cache.set('orders', orders);
    return orders;
  }

  /** Slow, and needs the database at its end. */
  @Get('report')
  async report() {
    const count = await this.prisma.order.count();
    await sleep(1_500);
    return { count, orders: await this.prisma.order.findMany() };
  }
}
