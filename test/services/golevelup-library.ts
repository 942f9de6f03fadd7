import { describe } from '@jest/globals';
import { describeWith } from '../support/services.js';
import { rabbitmq } from './microservices/servers.js';

/** The peer range of golevelup 9 ends with Nest 11. */
export const hasGolevelup = NEST_MAJOR === 11;
if (!hasGolevelup) {
  process.stderr.write('skipped: @golevelup/nestjs-rabbitmq is for Nest 11 only\n');
}

type Library = typeof import('@golevelup/nestjs-rabbitmq');
export const golevelup = hasGolevelup
  ? await import('@golevelup/nestjs-rabbitmq')
  : ({} as Library);

/** `describe` for tests that need it, and RabbitMQ. */
export function describeWithGolevelup(body: () => void): void {
  if (hasGolevelup) return describeWith(rabbitmq, body);
  describe.skip('@golevelup/nestjs-rabbitmq', () => body());
}
