import { describe, expect, it } from '@jest/globals';
import type { Connection } from '../../../lib/http/connection.js';
import { Goodbyes } from '../../../lib/http/goodbyes.js';
import { eventually } from '../../support/eventually.js';

/** Fewer than this many at a time, and at least two groups of them. */
const MANY = 300;

interface Client {
  ended: boolean;
  readonly socket: { destroyed: boolean };
}

const clients = (): Client[] =>
  Array.from({ length: MANY }, () => ({ ended: false, socket: { destroyed: false } }));
const asConnection = (client: Client) => client as unknown as Connection;
const endedOf = (all: readonly Client[]) => all.filter(({ ended }) => ended);

function sayGoodbye(all: readonly Client[], signal: AbortSignal) {
  const goodbyes = new Goodbyes(signal);
  const over = goodbyes.inTurns(all.map(asConnection), (one) => {
    (one as unknown as Client).ended = true;
  });
  return { goodbyes, over };
}

describe('thousands of clients at the end of a drain', () => {
  it('are told in groups: the next when those before have gone', async () => {
    const all = clients();
    const { goodbyes, over } = sayGoodbye(all, new AbortController().signal);
    const first = endedOf(all);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(MANY / 2);
    for (const client of first) goodbyes.gone(asConnection(client));
    await eventually('the next to be told', () => endedOf(all).length > first.length);
    await over;
    expect(endedOf(all)).toHaveLength(MANY);
  });

  it('are all told, also when none of them goes', async () => {
    const all = clients();
    await sayGoodbye(all, new AbortController().signal).over;
    expect(endedOf(all)).toHaveLength(MANY);
  });

  it('are all told at the deadline', async () => {
    const all = clients();
    await sayGoodbye(all, AbortSignal.abort()).over;
    expect(endedOf(all)).toHaveLength(MANY);
  });
});
