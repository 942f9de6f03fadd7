import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { BillingModule } from './billing/billing.module.js';

@Module({
  imports: [
    GracefulModule.forRoot({ onReport: (report) => console.log(`\n${String(report)}`) }),
    BillingModule,
  ],
})
export class AppModule {}
