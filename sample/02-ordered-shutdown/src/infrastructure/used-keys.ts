import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ShutdownPhase } from 'nestjs-graceful';
import { Database } from './database.js';

/**
 * The keys of orders already placed: a client that asks twice gets one order. Saved at the end, into a database that it
 * gets when it needs it: no constructor shows that, and by Nest's own order the database is closed by then.
 */
@Injectable()
@ShutdownPhase('close', { before: [Database] })
export class UsedKeys implements OnApplicationShutdown {
  private readonly logger = new Logger(UsedKeys.name);
  private readonly keys = new Set<string>();

  constructor(private readonly moduleRef: ModuleRef) {}

  isNew(key: string): boolean {
    return !this.keys.has(key) && this.keys.add(key).size > 0;
  }

  async onApplicationShutdown(): Promise<void> {
    const database = this.moduleRef.get(Database, { strict: false });
    for (const key of this.keys) await database.insert('used_keys', { key });
    this.logger.log(`saved ${this.keys.size} keys`);
  }
}
