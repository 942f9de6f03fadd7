import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { CacheService } from '../cache/cache.service.js';

const MAX_ENTRIES = 10_000;

@Injectable()
export class CacheHealthIndicator {
  constructor(
    private readonly cache: CacheService,
    private readonly health: HealthIndicatorService,
  ) {}

  isHealthy() {
    const entries = this.cache.size();
    const indicator = this.health.check('cache');
    return entries < MAX_ENTRIES ? indicator.up({ entries }) : indicator.down({ entries });
  }
}
