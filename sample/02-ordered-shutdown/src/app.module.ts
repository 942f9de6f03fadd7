import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { Database } from './infrastructure/database.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { Telemetry } from './telemetry/telemetry.js';
import { WriterLock } from './vendor/writer-lock.js';

@Module({
  imports: [
    GracefulModule.forRoot({
      phases: [{ name: 'audit', after: ['drain'], before: ['flush'], timeoutMs: 1_000 }],
      order: [{ provider: WriterLock, after: [Database] }], // not our class
      logPlan: true,
      onReport: (report) => console.log(`\n${String(report)}`),
    }),
    InfrastructureModule,
    OrdersModule,
  ],
  providers: [Telemetry],
})
export class AppModule {}
