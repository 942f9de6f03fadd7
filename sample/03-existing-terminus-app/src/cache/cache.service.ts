import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands for a client of Redis: what it still has to send takes it a moment when it quits. */
@Injectable()
export class CacheService implements OnModuleDestroy {
  private readonly entries = new Map<string, unknown>();

  set(key: string, value: unknown): void {
    this.entries.set(key, value);
  }

  size(): number {
    return this.entries.size;
  }

  async onModuleDestroy(): Promise<void> {
    await sleep(800);
  }
}
