import {
  Controller,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  Param,
  type INestMicroservice,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import {
  Client,
  ClientsModule,
  MessagePattern,
  Transport,
  type ClientProxy,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo, Server, Socket } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { Work } from '../support/work.js';

/** Where the other side listens; its port is known when it does. */
const address = { transport: Transport.TCP as const, options: { host: '127.0.0.1', port: 0 } };

@Controller()
class OtherSide {
  readonly heard: string[] = [];

  constructor(private readonly work: Work) {}

  @MessagePattern('question')
  async question(name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }

  @MessagePattern('last words')
  lastWords(from: string): string {
    this.heard.push(from);
    return 'heard';
  }
}

@Controller()
class Asking {
  @Client(address) private readonly client!: ClientProxy;

  @Get('ask/:name')
  ask(@Param('name') name: string): Promise<string> {
    return lastValueFrom(this.client.send<string>('question', name));
  }
}

abstract class LastWords implements OnApplicationBootstrap, OnApplicationShutdown {
  protected abstract readonly client: ClientProxy;

  async onApplicationBootstrap(): Promise<void> {
    await this.client.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await lastValueFrom(this.client.send('last words', this.constructor.name));
  }
}

@Injectable()
class WithProperty extends LastWords {
  @Client(address) protected readonly client!: ClientProxy;
}

@Injectable()
class WithToken extends LastWords {
  constructor(@Inject('CLIENT') protected readonly client: ClientProxy) {
    super();
  }
}

/** Global like the clients and imported before them, so Nest closes it later. */
@Global()
@Module({ providers: [WithProperty, WithToken] })
class LastWordsModule {}

describe('client proxies, which Nest closes before the last hooks and before HTTP', () => {
  let other: INestMicroservice;
  let sockets: Socket[];

  beforeAll(async () => {
    const compiled = await Test.createTestingModule({ controllers: [OtherSide], providers: [Work] })
      .setLogger(new RecordingLogger())
      .compile();
    other = compiled.createNestMicroservice(address);
    await other.listen();
    const server = other.unwrap<Server>();
    address.options.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket: Socket) => sockets.push(socket));
  });

  beforeEach(() => {
    sockets = [];
    other.get(OtherSide).heard.length = 0;
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
  });

  afterAll(() => other.close());

  async function askAndClose(name: string, options: {} | null) {
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: { controllers: [Asking] },
    });
    const client = await app.connect();
    client.get(`/ask/${name}`);
    const work = other.get(Work);
    await work.begun(name);
    const closing = app.close();
    await eventually('the listener to close', () => !app.server.listening);
    work.finish(name);
    const response = await client.response();
    client.vanish(); // plain Nest would wait for it until its keep-alive is over
    await closing;
    return response;
  }

  it('a request in flight gets the answer it waits for', async () => {
    expect(await askAndClose('first', {})).toMatchObject({ status: 200, body: 'did first' });
  });

  async function closeWithLastWords(options: {} | null): Promise<readonly string[]> {
    const clients = ClientsModule.register({
      isGlobal: true,
      clients: [{ name: 'CLIENT', ...address }],
    });
    const module = { imports: [LastWordsModule, clients] };
    const app = await HttpApp.start({ platform: 'Express', options, module });
    await app.close();
    return other.get(OtherSide).heard.toSorted();
  }

  it('last words go through the connections there are, which are closed after them', async () => {
    expect(await closeWithLastWords({})).toEqual(['WithProperty', 'WithToken']);
    expect(sockets).toHaveLength(2);
    await eventually('the connections to end', () => sockets.every(({ closed }) => closed));
  });

  it('the control: on plain Nest the request fails', async () => {
    expect(await askAndClose('second', null)).toMatchObject({ status: 500 });
  });

  it('the control: on plain Nest closed clients connect again, and stay so', async () => {
    // Nest 11 fails here: it takes the end of the old connection for the end of the new one.
    await closeWithLastWords(null).catch(() => undefined);

    const isClosed = ({ closed }: Socket) => closed;
    await eventually('new connections', () => sockets.length === 4);
    await eventually('the old ones to end', () => sockets.slice(0, 2).every(isClosed));
    expect(sockets.slice(2).map(({ readable }) => readable)).toEqual([true, true]);
  });
});
