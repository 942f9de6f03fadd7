import { describe, expect, it } from '@jest/globals';
import { DeskApp, IoClient, type DeskSetup } from './desk.js';

const ways: Array<DeskSetup & { name: string }> = [
  { name: 'ws on the port of Express', library: 'ws' },
  { name: 'ws on the port of Fastify', library: 'ws', platform: 'Fastify' },
  { name: 'ws on a port of its own', library: 'ws', ownPort: true },
  { name: 'socket.io on the port of Express', library: 'socket.io' },
  { name: 'socket.io on the port of Fastify', library: 'socket.io', platform: 'Fastify' },
  { name: 'socket.io on a port of its own', library: 'socket.io', ownPort: true },
];

describe.each(ways)('messages by $name', ({ name: _, ...setup }) => {
  const goodbye = setup.library === 'ws' ? '1012' : 'transport close';

  const events = ['question', 'stream'];
  if (setup.library === 'socket.io') events.push('acknowledge');

  it.each(events)('a %s is answered', async (event) => {
    const app = await DeskApp.start(setup);
    const client = await app.connect();
    client.send(event, 'slow');
    await app.work.begun('slow');

    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('slow');
    await closed;

    await client.answer('did slow');
    await expect(client.ended).resolves.toBe(goodbye);
    if (client instanceof IoClient) await client.returns;
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('is lost without the module', async () => {
    const app = await DeskApp.start({ ...setup, options: null });
    const client = await app.connect();
    client.send('question', 'slow');
    await app.work.begun('slow');

    await app.close();

    await expect(client.ended).resolves.toBe(setup.library === 'ws' ? '1006' : 'transport close');
    expect(app.work.inFlightAtDestroy).toBe(1);
    app.work.finish('slow');
    expect(client.answers).toEqual([]);
  });
});
