import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  AbstractWsAdapter,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { lastValueFrom, type Observable } from 'rxjs';
import { Work } from '../../support/work.js';
import { Desk, DeskApp } from './desk.js';

interface WsMessageHandler {
  readonly message: string;
  callback(...args: unknown[]): unknown;
}

type Transform = (data: unknown) => Observable<unknown>;

/** Counts what comes by, in a field of its own. */
class CountingWsAdapter extends WsAdapter {
  readonly messages: string[] = [];

  override bindMessageHandlers(client: never, handlers: never[], transform: never): void {
    const counting = (handlers as WsMessageHandler[]).map((handler) => ({
      ...handler,
      callback: (...args: unknown[]) => {
        this.messages.push(String(args[0]));
        return handler.callback(...args);
      },
    }));
    super.bindMessageHandlers(client, counting as never[], transform);
  }
}

/** What the documentation of Nest does for Redis. */
class ServerOptionsIoAdapter extends IoAdapter {
  override createIOServer(port: number, options?: Parameters<IoAdapter['createIOServer']>[1]) {
    if (options) options.serveClient = false;
    return super.createIOServer(port, options);
  }
}

/** Neither `ws` nor socket.io: its clients are emitters, and it has its own way to replies. */
class EmitterAdapter extends AbstractWsAdapter {
  readonly server = new EventEmitter();
  closed = false;

  create(): EventEmitter {
    return this.server;
  }

  bindMessageHandlers(
    client: EventEmitter,
    handlers: WsMessageHandler[],
    transform: Transform,
  ): void {
    for (const handler of handlers) {
      const reply = async (data: unknown) => {
        const result: unknown = await handler.callback(data);
        client.emit('reply', await lastValueFrom(transform(result)));
      };
      client.on(handler.message, (data) => void reply(data));
    }
  }

  override async close(): Promise<void> {
    this.closed = true;
  }
}

/** Has its client, its `this` and its data. */
@WebSocketGateway()
class Mirror {
  private readonly mark = 'mine';

  constructor(private readonly work: Work) {}

  @SubscribeMessage('question')
  async question(@ConnectedSocket() client: object, @MessageBody() name: string): Promise<object> {
    await this.work.run(name);
    return { event: 'answer', data: [this.mark, typeof client, name].join() };
  }
}

describe('adapters of the user', () => {
  it('keep their this, and are asked as before', async () => {
    let adapter!: CountingWsAdapter;
    const app = await DeskApp.start({
      library: 'ws',
      gateways: [Mirror],
      adapter: (nest) => (adapter = new CountingWsAdapter(nest)),
    });
    const client = await app.connect();
    client.send('question', 'slow');
    await app.work.begun('slow');
    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('slow');

    await client.answer('mine,object,slow');
    await closed;
    expect(adapter.messages).toEqual(['slow']);
    await expect(client.ended).resolves.toBe('1012');
  });

  it('may override how a server of socket.io is made', async () => {
    const app = await DeskApp.start({
      library: 'socket.io',
      adapter: (nest) => new ServerOptionsIoAdapter(nest),
    });
    const client = await app.connect();
    client.send('question', 'slow');
    await app.work.begun('slow');
    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('slow');

    await client.answer('did slow');
    await closed;
    await expect(client.ended).resolves.toBe('transport close');
  });

  it('may be for something else: messages are waited for, connections are its own business', async () => {
    const adapter = new EmitterAdapter();
    const app = await DeskApp.start({ library: 'ws', gateways: [Desk], adapter: () => adapter });
    const client = new EventEmitter();
    const replies: unknown[] = [];
    client.on('reply', (reply) => replies.push(reply));
    adapter.server.emit('connection', client);
    client.emit('question', 'slow');
    await app.work.begun('slow');

    const closed = app.close();
    await app.app.phase('drain');
    expect(adapter.closed).toBe(false);
    app.work.finish('slow');
    await closed;

    expect(replies).toEqual([{ event: 'answer', data: 'did slow' }]);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(adapter.closed).toBe(true);
  });
});
