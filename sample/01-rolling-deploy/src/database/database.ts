import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Pool, type QueryResultRow } from 'pg';

/** A pool as most people write it: ended in `onModuleDestroy`, the first of Nest's shutdown hooks. */
@Injectable()
export class Database implements OnModuleDestroy {
  private readonly logger = new Logger(Database.name);
  private readonly pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

  constructor() {
    this.pool.on('error', (error) => this.logger.error(`idle connection failed: ${error.message}`));
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const result = await this.pool.query<Row>(text, values);
    return result.rows;
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
    this.logger.log('connection pool closed');
  }
}
