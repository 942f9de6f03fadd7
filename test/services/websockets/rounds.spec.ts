import { expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { DeskApp } from './desk.js';
import { RawSocket } from '../../support/raw-socket.js';

const OPEN = 1;

it('tells 5,000 clients in rounds', async () => {
  const clock = new VirtualClock();
  const app = await DeskApp.start({ library: 'ws', clock });
  const clients: RawSocket[] = [];
  for (let batch = 0; batch < 50; batch += 1) {
    const opening = Array.from({ length: 100 }, () => RawSocket.open(app.port));
    clients.push(...(await Promise.all(opening)));
  }
  let heard = 0;
  for (const client of clients) {
    void client.goodbye.then(() => {
      heard += 1;
      client.sayGoodbye();
    });
  }
  const server = app.desk.server as unknown as { clients: ReadonlySet<WebSocket> };
  const open = () => [...server.clients].filter((client) => client.readyState === OPEN).length;

  const closed = app.close();
  await app.app.phase('drain');
  const rounds: number[] = [];
  for (let told = 0; told < 5_000; await clock.advance(200)) {
    for (let turns = 0; turns < 5; turns += 1) await turn();
    const now = 5_000 - open();
    rounds.push(now - told);
    told = now;
    await eventually('the goodbyes', () => heard === told && server.clients.size === open());
  }
  await closed;

  // Half of the drain is some 24 s: 119 rounds.
  expect(rounds.length).toBeGreaterThan(100);
  expect(Math.max(...rounds)).toBeLessThan(50);
  expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
}, 60_000);
