import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { ShopModule } from './shop/shop.module.js';

@Module({
  imports: [
    GracefulModule.forRoot({ onReport: (report) => console.log(`\n${String(report)}`) }),
    ShopModule,
  ],
})
export class AppModule {}
