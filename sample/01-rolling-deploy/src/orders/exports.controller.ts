import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { OrdersService } from './orders.service.js';

const PAGES = 20;
const PAGE_SIZE = 25;

@Controller('exports')
export class ExportsController {
  constructor(private readonly orders: OrdersService) {}

  @Get('orders')
  export(): StreamableFile {
    return new StreamableFile(Readable.from(this.lines()), { type: 'application/x-ndjson' });
  }

  /** One page every 50 ms. The last line counts the rows: without it the reader knows the file is cut. */
  private async *lines(): AsyncGenerator<string> {
    let lastId = 0;
    let exported = 0;
    for (let page = 0; page < PAGES; page++) {
      const orders = await this.orders.page(lastId, PAGE_SIZE);
      if (orders.length === 0) break;
      yield orders.map((order) => `${JSON.stringify(order)}\n`).join('');
      exported += orders.length;
      lastId = orders[orders.length - 1].id;
      await sleep(50);
    }
    yield `${JSON.stringify({ exported })}\n`;
  }
}
