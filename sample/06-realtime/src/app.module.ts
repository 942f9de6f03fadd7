import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { LiveModule } from './live/live.module.js';

@Module({
  imports: [
    GracefulModule.forRoot({
      sseRetryMs: 1_000, // event streams come back after 0.5 to 1 s
      onReport: (report) => console.log(`\n${String(report)}`),
    }),
    LiveModule,
  ],
})
export class AppModule {}
