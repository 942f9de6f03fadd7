import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { AuditTrail } from './audit.trail.js';
import { EventStore } from './event.store.js';
import { ImportService } from './import.service.js';
import { LegacyCache } from './legacy.cache.js';
import { OutboxRelay } from './outbox.relay.js';

@Module({
  imports: [
    GracefulModule.forRoot({
      phases: [{ name: 'audit', after: ['drain'], before: ['flush'], timeoutMs: 1_000 }],
      order: [{ provider: LegacyCache, after: [EventStore] }], // its class is not ours to decorate
      logPlan: true,
      onReport: (report) => console.log(String(report)),
    }),
  ],
  providers: [AuditTrail, EventStore, ImportService, LegacyCache, OutboxRelay],
})
export class AppModule {}
