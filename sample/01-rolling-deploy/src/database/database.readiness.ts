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
  async ping() {
    const indicator = this.health.check('database');
    try {
      await this.database.query('SELECT 1');
      return indicator.up();
    } catch (error) {
      return indicator.down({ message: error instanceof Error ? error.message : String(error) });
    }
  }
}
