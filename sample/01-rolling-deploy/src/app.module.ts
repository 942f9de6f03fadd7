import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { OrdersModule } from './orders/orders.module.js';

@Module({
  imports: [GracefulModule.forRoot(), OrdersModule],
})
export class AppModule {}
