import { expect, it } from '@jest/globals';
import type { Integration } from '../../lib/engine/integration.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';

it('a source whose wait fails is named, and what it has counted is waited for all the same', async () => {
  const running = new Set(['message']);
  const integration: Integration = {
    name: 'broker',
    attach: (host) =>
      host.add({
        name: 'consumer',
        kind: 'message',
        stopTaking: () => undefined,
        inFlight: () => [...running].map((name) => ({ name, ageMs: 1 })),
        finished: () => Promise.reject(new TypeError('client.inHand is not a function')),
      }),
  };
  const app = await HttpApp.start({ platform: 'Express', integrations: [integration] });

  const closed = app.close();
  await app.phase('drain');
  await manyTurns();
  expect(app.work.inFlightAtDestroy).toBeUndefined();
  running.clear();
  await closed;

  const drain = app.report.phases.find(({ name }) => name === 'drain');
  expect(drain?.tasks).toContainEqual(
    expect.objectContaining({
      name: 'consumer',
      outcome: 'failed',
      error: 'TypeError: client.inHand is not a function',
    }),
  );
});
