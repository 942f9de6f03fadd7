import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { Connection } from '../../../lib/http/connection.js';
import { LateTraffic } from '../../../lib/http/late-traffic.js';

const T0 = 1_000_000;

function request(address: string, agent?: string): IncomingMessage {
  const headers = agent === undefined ? {} : { 'user-agent': agent };
  return { headers, socket: { remoteAddress: address } } as unknown as IncomingMessage;
}

const openedAt = (at: number) => ({ openedAt: at }) as Connection;

describe('late traffic', () => {
  it('tells connections from before the shutdown from those since', () => {
    const traffic = new LateTraffic(T0, 10_000);
    const kept = openedAt(T0);
    const fresh = [openedAt(T0 + 1), openedAt(T0 + 3_000)];
    traffic.arrived(request('10.0.0.1'), kept, T0 + 100);
    traffic.arrived(request('10.0.0.1'), kept, T0 + 200);
    for (const connection of fresh) traffic.arrived(request('10.0.0.1'), connection, T0 + 4_000);

    expect(traffic.count).toBe(4);
    expect(traffic.report()).toEqual({
      onKeptConnections: { requests: 2, connections: 1, lastMs: 200 },
      onNewConnections: { requests: 2, connections: 2, lastMs: 4_000 },
    });
  });

  it('names who came in the last fifth of the longest wait, the most frequent first', () => {
    const traffic = new LateTraffic(T0, 10_000);
    traffic.arrived(request('10.0.0.1', 'curl/8'), openedAt(T0 + 1), T0 + 7_999);
    traffic.arrived(request('10.0.0.1', 'curl/8'), openedAt(T0 + 1), T0 + 8_000);
    for (const at of [9_000, 11_000]) {
      traffic.arrived(request('203.0.113.1'), openedAt(T0 - 5), T0 + at);
    }
    expect(traffic.report().lastFifth).toEqual({
      fromMs: 8_000,
      onNewConnections: 1,
      onKeptConnections: 2,
      callers: [
        { address: 'public', agent: 'none', requests: 2 },
        { address: 'private', agent: 'curl', requests: 1 },
      ],
    });
  });

  it('calls nobody late where nothing is waited for', () => {
    const traffic = new LateTraffic(T0, 0);
    traffic.arrived(request('10.0.0.1'), openedAt(T0 + 1), T0 + 5_000);
    expect(traffic.report()).not.toHaveProperty('lastFifth');
  });

  it('names eight kinds of callers, and counts the others', () => {
    const agents = ['curl/1', 'Wget/1', 'axios/1', 'got', 'node', 'Bun/1', 'Deno/1', 'Java/1', 'x'];
    const traffic = new LateTraffic(T0, 10_000);
    agents.forEach((agent, index) => {
      for (let times = 0; times <= index; times += 1) {
        traffic.arrived(request('10.0.0.1', agent), openedAt(T0 + 1), T0 + 9_000);
      }
    });
    const { lastFifth } = traffic.report();
    expect(lastFifth?.onNewConnections).toBe(45);
    expect(lastFifth?.callers).toHaveLength(8);
    expect(lastFifth?.callers[0]).toEqual({ address: 'private', agent: 'other', requests: 9 });
  });
});
