import { Injectable } from '@nestjs/common';
import type { IndicatorResult } from './indicator-result.js';
import { Probes } from './probes.js';

/**
 * The readiness of this package as a Terminus indicator, for applications with a health controller of their own:
 * `health.check([() => graceful.isReady()])`.
 *
 * @publicApi
 */
@Injectable()
export class GracefulHealthIndicator {
  constructor(private readonly probes: Probes) {}

  /** Up while the service can serve: started, readiness checks up, not shutting down. */
  async isReady<Key extends string = 'graceful'>(
    key = 'graceful' as Key,
  ): Promise<IndicatorResult<Key>> {
    const { status, body } = await this.probes.ready();
    const result =
      status === 200
        ? { status: 'up' }
        : { status: 'down', reason: body.status, checks: body.error };
    return { [key]: result } as IndicatorResult<Key>;
  }
}
