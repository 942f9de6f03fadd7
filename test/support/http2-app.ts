import { describe } from '@jest/globals';
import { connect, type ClientHttp2Session } from 'node:http2';
import { eventually } from './eventually.js';
import { HttpApp, type HttpAppSetup } from './http-app.js';
import { Http2RawClient, type Http2RawClientOptions } from './http2-raw-client.js';
import { manyTurns } from './many-turns.js';
import type { VirtualClock } from './virtual-clock.js';

/** What every HTTP/2 test is run on. */
export type Http2Target = Pick<HttpAppSetup, 'platform' | 'tls' | 'http2'> & {
  readonly name: string;
  /** Whether sessions leave in two steps. */
  readonly twoSteps: boolean;
};

export const H2C: Http2Target = {
  name: 'h2c',
  platform: 'Fastify',
  http2: 'only',
  twoSteps: true,
};
export const H2_TLS: Http2Target = { ...H2C, name: 'TLS', tls: true, twoSteps: false };
export const MIXED: Http2Target = {
  ...H2_TLS,
  name: 'TLS beside HTTP/1.1',
  http2: 'mixed',
};

/** One suite for all ways in which Fastify speaks HTTP/2. */
export function describeOnHttp2(body: (target: Http2Target) => void): void {
  describe.each([H2C, H2_TLS, MIXED])('HTTP/2 on $name', body);
}

/** The last stream id of a GOAWAY that lets everything through. */
export const ANY_STREAM = 2 ** 31 - 1;

/** A client with a session. */
export async function openSession(
  { port }: HttpApp,
  { tls }: Http2Target,
  options: Http2RawClientOptions = {},
): Promise<Http2RawClient> {
  const client = await Http2RawClient.connect(port, { tls, ...options });
  await client.until('SETTINGS'); // the server's first word
  return client;
}

/** A client whose session has carried a stream, 1, and is idle. */
export async function idleSession(
  app: HttpApp,
  target: Http2Target,
  options: Http2RawClientOptions = {},
): Promise<Http2RawClient> {
  const client = await openSession(app, target, options);
  await client.request(1, '/fast').response(1);
  return client;
}

/** A client of Node's own. */
export function nodeClient({ port }: HttpApp, { tls }: Http2Target): ClientHttp2Session {
  const session = connect(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
  });
  session.on('error', () => undefined);
  return session;
}

/** A drain whose half is over after 10 s. */
export const SHARED = { drainTimeoutMs: 20_000 } as const;

/** Lets the half of the drain pass for which a session with streams in flight is not told to go. */
export async function passTheShare(app: HttpApp, clock: VirtualClock): Promise<void> {
  await app.phase('drain');
  await eventually('the listener to close', () => !app.server.listening);
  await manyTurns();
  await clock.advance(SHARED.drainTimeoutMs / 2);
}
