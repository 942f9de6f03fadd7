import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ShutdownPhase, Tracked } from 'nestjs-graceful';
import { Database } from '../infrastructure/database.js';

/** Makes work for itself. The hook is what it always had; the decorator lets it act first instead of last. */
@Injectable()
@ShutdownPhase('announce')
export class StockFeed implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(StockFeed.name);
  private timer?: NodeJS.Timeout;

  constructor(private readonly database: Database) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.poll(), 50);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.logger.log('takes no more deliveries');
  }

  @Tracked()
  async poll(): Promise<void> {
    await this.database.insert('stock', { item: 'tea', delivered: 1 });
  }
}
