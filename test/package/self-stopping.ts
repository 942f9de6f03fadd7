import { expect } from '@jest/globals';

/** What test/programs/package/self-stopping.ts tells when all is right. */
export const IN_ORDER = [
  { event: 'ready', health: 200, ready: 200 },
  { event: 'stopping', reason: expect.stringMatching(/^ShuttingDownError: .*SIGTERM/) },
  { event: 'slow', status: 200, body: 'a row' },
  { event: 'leaving', health: 503, ready: 503 },
  { event: 'database closed' },
];
