import { expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import type { ServerHttp2Session } from 'node:http2';
import { NONE, type Connection } from '../../../lib/http/connection.js';
import type { ConnectionTracker } from '../../../lib/http/connection-tracker.js';
import { Exemptions } from '../../../lib/http/exemptions.js';
import { Http1Connection } from '../../../lib/http/http1-connection.js';
import { Http2Connection } from '../../../lib/http/http2-connection.js';
import type { HttpDrainSettings } from '../../../lib/http/http-drain-settings.js';
import { OpenWork } from '../../../lib/http/open-work.js';
import { StrayResponses } from '../../../lib/http/stray-responses.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const clock = new VirtualClock();

function session(): ServerHttp2Session {
  return { closed: false } as ServerHttp2Session;
}

const idle: ReadonlyArray<[string, () => Connection]> = [
  ['HTTP/1.1', () => new Http1Connection(new Socket(), clock)],
  ['HTTP/2', () => new Http2Connection(session(), new Socket(), clock, () => undefined)],
];

// With ten thousand idle connections, a list for each would be made at every look.
it.each(idle)('no list is made for an idle connection of %s', (_protocol, open) => {
  const connections = new Set([open(), open()]);
  const work = new OpenWork(
    { exemptions: new Exemptions([], []) } as unknown as HttpDrainSettings,
    { connections, abandoned: { unanswered: () => NONE } } as unknown as ConnectionTracker,
    new StrayResponses(() => undefined),
    { isLeft: () => false },
    clock,
  );

  for (const connection of connections) {
    expect(connection.unfinished()).toBe(NONE);
    expect(work.on(connection)).toBe(NONE);
  }
  expect([work.count, work.exists, work.all()]).toEqual([0, false, []]);
});
