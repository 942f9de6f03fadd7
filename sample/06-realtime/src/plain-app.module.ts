import { Module } from '@nestjs/common';
import { LiveModule } from './live/live.module.js';

/** The same app without the module: the control. */
@Module({ imports: [LiveModule] })
export class PlainAppModule {}
