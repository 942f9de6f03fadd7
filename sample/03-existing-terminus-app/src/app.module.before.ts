import { Module } from '@nestjs/common';
import { CacheModule } from './cache/cache.module.js';
import { HealthModule } from './health/health.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { PrismaModule } from './prisma/prisma.module.js';

@Module({
  imports: [
    // infrastructure
    CacheModule,
    PrismaModule,
    // features
    HealthModule,
    OrdersModule,
  ],
})
export class AppModule {}
