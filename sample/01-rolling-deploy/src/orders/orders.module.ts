import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { ExportsController } from './exports.controller.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { ReportsController } from './reports.controller.js';

@Module({
  imports: [DatabaseModule],
  controllers: [OrdersController, ReportsController, ExportsController],
  providers: [OrdersService],
})
export class OrdersModule {}
