import { Injectable, Logger } from '@nestjs/common';
import { Graceful } from 'nestjs-graceful';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../infrastructure/database.js';

const PAGES = 1_000;

/** Rebuilt page by page: a shutdown waits for the page, not for the whole. */
@Injectable()
export class SearchIndex {
  private readonly logger = new Logger(SearchIndex.name);

  constructor(
    private readonly database: Database,
    private readonly graceful: Graceful,
  ) {}

  rebuild(): void {
    void this.graceful.track(async () => {
      for (let page = 0; page < PAGES; page++) {
        if (this.graceful.signal.aborted) return this.logger.log('stopped between two pages');
        await sleep(100);
        await this.database.select('orders');
      }
    }, 'search index');
  }
}
