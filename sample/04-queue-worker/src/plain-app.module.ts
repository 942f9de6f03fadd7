import { Module } from '@nestjs/common';
import { BillingModule } from './billing/billing.module.js';

/** The same app without the module: the control. */
@Module({ imports: [BillingModule] })
export class PlainAppModule {}
