import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { TrackingModule } from './tracking/tracking.module.js';

@Module({
  imports: [
    // What it takes by itself on Kubernetes, scaled down so that you need not wait. There, forRoot() is enough.
    GracefulModule.forRoot({
      gracePeriodMs: 3_000,
      propagationFloorMs: 800,
      propagationQuietMs: 300,
      propagationCapMs: 1_200,
      onReport: (report) => console.log(`\n${String(report)}`),
    }),
    TrackingModule,
  ],
})
export class AppModule {}
