import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** What the README's event store comes after. */
@Injectable()
export class OutboxRelay implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    console.log('the outbox is empty');
  }
}
