import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { ReadinessCheck } from 'nestjs-graceful';
import { Database } from './database.js';

@Injectable()
export class DatabaseReadiness {
  constructor(
    private readonly database: Database,
    private readonly health: HealthIndicatorService,
  ) {}

  @ReadinessCheck()
  async isDatabaseUp() {
    const indicator = this.health.check('database');
    return (await this.database.answers()) ? indicator.up() : indicator.down();
  }
}
