import { Controller, Get, Module } from '@nestjs/common';
import { OrdersModule } from './orders/orders.module.js';

/** What most apps have: the rollout only needs to see that the process answers. */
@Controller('health')
class HealthController {
  @Get('ready')
  ready() {
    return { status: 'ok' };
  }
}

/** The same app without the module: the control of the experiment. */
@Module({
  imports: [OrdersModule],
  controllers: [HealthController],
})
export class PlainAppModule {}
