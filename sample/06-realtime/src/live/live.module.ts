import { Module } from '@nestjs/common';
import { DeskGateway } from './desk.gateway.js';
import { PageController } from './page.controller.js';
import { TicksController } from './ticks.controller.js';

@Module({ controllers: [PageController, TicksController], providers: [DeskGateway] })
export class LiveModule {}
