import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Http2Connection } from '../../../lib/http/http2-connection.js';
import { turn } from '../../../lib/time/real-timers.js';
import { VirtualClock } from '../../support/virtual-clock.js';

describe('a session that answers the PING of its goodbye', () => {
  // Deno 2.9 calls back from within its own session, and crashes when that is closed there: test/never-worse/
  // live-runtimes.spec.ts, where it happens now and then.
  it('is closed after the callback, and not in it', async () => {
    let answer: () => void = () => undefined;
    let closed = false;
    const session = {
      ping: (callback: () => void) => {
        answer = callback;
        return true;
      },
      close: () => (closed = true),
    } as unknown as ServerHttp2Session;
    const socket = new EventEmitter() as Socket;
    const connection = new Http2Connection(session, socket, new VirtualClock(), () => undefined);
    const left = new Promise<void>((resolve) => connection.leave(resolve));
    expect(closed).toBe(false);

    answer();
    expect(closed).toBe(false);
    await turn();
    expect(closed).toBe(true);
    await left;
  });
});
