import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { OnFlush } from 'nestjs-graceful';
import { channel } from 'node:diagnostics_channel';
import { Database } from '../infrastructure/database.js';

/** Takes events out of the database and to the broker, now and then, and once more at the end. */
@Injectable()
export class OutboxRelay implements OnModuleInit {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly counted = channel('orders:counted');
  private timer?: NodeJS.Timeout;
  private lastRun = Promise.resolve(0);

  constructor(private readonly database: Database) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.relay().catch((error: unknown) => this.logger.error(error));
    }, 30_000);
  }

  // An event that stays behind is an incident, so the process must not end with code 0.
  @OnFlush({ critical: true })
  async empty(): Promise<void> {
    clearInterval(this.timer);
    this.logger.log(`emptied: ${await this.relay()} events`);
  }

  /** One run at a time, or an event would go out twice. */
  private relay(): Promise<number> {
    this.lastRun = this.lastRun.catch(() => 0).then(() => this.publishAll());
    return this.lastRun;
  }

  private async publishAll(): Promise<number> {
    const events = await this.database.select('outbox');
    for (const event of events) {
      const body = JSON.stringify(event);
      const answer = await fetch(`${process.env.OUTSIDE_URL}/events`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`the broker answers ${answer.status}`);
      await this.database.delete('outbox', event);
      this.counted.publish('events relayed');
    }
    return events.length;
  }
}
