import { Transport } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { connect, type AddressInfo, type Server } from 'node:net';
import { eventually } from '../../support/eventually.js';
import { manyTurns } from '../../support/many-turns.js';
import { itFinishesWhatIsInFlight, SLOW_TO_LEARN, type Rig } from './in-flight.js';
import { RpcApp, type Kind, type RpcClient } from './rpc-app.js';

const host = '127.0.0.1';

interface TcpRig extends Rig {
  readonly client: RpcClient;
  readonly server: Server;
  connectAgain: () => Promise<RpcClient>;
}

async function start(
  options: {} | null,
  kind?: Kind,
  more: { retryAttempts?: number } = {},
): Promise<TcpRig> {
  const transport = Transport.TCP as const;
  const microservice = { transport, options: { host, port: 0, ...more } };
  const app = await RpcApp.start({ kind, options, microservice });
  const server = app.microservice.unwrap<Server>();
  const { port } = server.address() as AddressInfo;
  const connectAgain = () => app.connect({ transport, options: { host, port } });
  return { app, server, connectAgain, client: await connectAgain() };
}

describe('TCP, which destroys its connections', () => {
  itFinishesWhatIsInFlight(start, /^lost: Connection closed/);

  it('nothing new is taken: not from who comes, nor from who is there', async () => {
    const { app, client, server, connectAgain } = await start({});
    const answer = client.ask('one');
    await app.work.begun('one');

    const closing = app.close();
    await eventually('the listener to close', () => !server.listening);
    const late = client.ask('late');
    await expect(connectAgain()).rejects.toThrow(/ECONNREFUSED/);
    app.work.finish('one');

    expect(await answer).toBe('did one');
    expect(await late).toMatch(/^lost: Connection closed/);
    await closing;
    expect(app.work.started).toEqual(['one']);
  });

  it('of a client that never stops, all that was taken is answered', async () => {
    const { app, client } = await start({});
    let answered = 0;
    const askOn = async (line: number): Promise<void> => {
      for (let number = 0; ; number += 1) {
        const name = `${line}-${number}`;
        app.work.finish(name);
        if ((await client.ask(name)) !== `did ${name}`) return;
        answered += 1;
      }
    };
    const lines = [1, 2, 3].map(askOn);
    await eventually('some answers', () => answered > 20);

    await app.close();
    await Promise.all(lines);

    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    expect(answered).toBe(app.work.finished.length);
  });

  it('a long reply reaches a slow reader', async () => {
    const { app, server } = await start({});
    const long = 'x'.repeat(16 * 1024 * 1024);
    const question = JSON.stringify({ pattern: 'question', data: long, id: '1' });
    const { port } = server.address() as AddressInfo;
    const reader = connect(port, host);
    reader.pause().write(`${question.length}#${question}`);
    await app.work.begun(long);

    const closing = app.close();
    await app.draining();
    app.work.finish(long);
    await manyTurns();
    let read = '';
    for await (const chunk of reader.setEncoding('utf8')) read += chunk;
    await closing;

    expect(read.length).toBeGreaterThan(long.length);
    expect(read.endsWith('}')).toBe(true);
  });

  it('one that would listen again when all have left does not', async () => {
    const { app, client, server } = await start({}, 'microservice', { retryAttempts: 5 });
    void client.ask('one');
    await app.work.begun('one');

    const closing = app.close();
    await eventually('the listener to close', () => !server.listening);
    const closed = new Promise((resolve) => server.once('close', resolve));
    client.proxy.close();
    await closed;
    await manyTurns();
    const listensAgain = server.listening;
    app.work.finish('one');
    await closing;

    expect(listensAgain).toBe(false);
  });

  it.each(['hybrid', 'microservice'] as const)(
    'a %s serves while load balancers learn that it leaves',
    async (kind) => {
      const { app, connectAgain } = await start(SLOW_TO_LEARN, kind);
      app.work.finish('late');

      app.signal();
      await app.log.until(/^propagate: /);

      expect(await (await connectAgain()).ask('late')).toBe('did late');
      await app.exited();
    },
  );
});
