import { describe } from '@jest/globals';
import type { HttpAppSetup, Platform } from './http-app.js';

/** What every HTTP test is run on. */
export type Target = Pick<HttpAppSetup, 'platform' | 'tls'> & { readonly name: string };

const PLATFORMS: readonly Platform[] = ['Express', 'Fastify'];

const plain = PLATFORMS.map((platform): Target => ({ name: platform, platform, tls: false }));
const encrypted = PLATFORMS.map((platform): Target => ({
  name: `${platform} with TLS`,
  platform,
  tls: true,
}));

/** One suite for both platforms. */
export function describeOnPlatforms(body: (target: Target) => void): void {
  describe.each(plain)('on $name', body);
}

/** One suite for both platforms with TLS. */
export function describeOnTls(body: (target: Target) => void): void {
  describe.each(encrypted)('on $name', body);
}

/** One suite for both platforms, plain and TLS: for what happens on connections. */
export function describeOnTransports(body: (target: Target) => void): void {
  describe.each([...plain, ...encrypted])('on $name', body);
}
