import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';

@Controller('health')
export class TerminusHealthController {
  constructor(private readonly health: HealthCheckService) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([]);
  }
}
