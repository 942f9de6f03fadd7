import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../support/virtual-clock.js';
import { manyTurns } from '../../support/many-turns.js';
import { DeskApp, IoClient, type Library } from './desk.js';

const AGE_MS = 10_000;
/** With its jitter, a connection has this age at the latest. */
const GROWN_MS = 11_000;

describe.each<Library>(['ws', 'socket.io'])('a client of %s whose connection is old', (library) => {
  it('is told to come again once its message is answered, while everything is served', async () => {
    const clock = new VirtualClock();
    const options = { maxConnectionAgeMs: AGE_MS };
    const app = await DeskApp.start({ library, clock, options });
    const client = await app.connect();
    client.send('question', 'a');
    await app.work.begun('a');

    await clock.advance(GROWN_MS);
    await manyTurns();
    app.work.finish('a');
    await client.answer('did a');
    await expect(client.ended).resolves.toBe(library === 'ws' ? '1012' : 'transport close');
    if (client instanceof IoClient) await client.returns;

    expect(app.app.graceful.state).toBe('ready');
    const again = await app.connect();
    again.send('question', 'b');
    app.work.finish('b');
    await again.answer('did b');
    await app.close();
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('stays where the option is not set', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ library, clock });
    const client = await app.connect();
    await clock.advance(GROWN_MS);
    client.send('question', 'a');
    app.work.finish('a');
    await client.answer('did a');
    expect(client.answers).toEqual(['did a']);
    await app.close();
  });
});
