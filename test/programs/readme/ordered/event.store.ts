import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ShutdownPhase } from 'nestjs-graceful';
import { OutboxRelay } from './outbox.relay.js';

@Injectable()
@ShutdownPhase('close', { after: [OutboxRelay], timeoutMs: 2_000 })
export class EventStore implements OnModuleDestroy {
  async onModuleDestroy() {
    console.log('the event store is closed');
  }
}
