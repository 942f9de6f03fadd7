import { Module } from '@nestjs/common';
import { TrackingModule } from './tracking/tracking.module.js';

/** The same app without the module: the control. */
@Module({ imports: [TrackingModule] })
export class PlainAppModule {}
