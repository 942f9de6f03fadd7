import type { INestApplication, Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type AbstractWsAdapter,
} from '@nestjs/websockets';
import { afterEach } from '@jest/globals';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Observable } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.js';
import { HttpApp, type HttpAppSetup } from '../../support/http-app.js';
import { Work } from '../../support/work.js';

export type Library = 'ws' | 'socket.io';

/** One server of `ws` or socket.io, as the gateway gets it. */
interface GatewayServer {
  readonly _server?: NetServer;
  readonly httpServer?: HttpServer;
}

/** Work that begins when a message asks for it, and ends when the test says so. */
@WebSocketGateway()
export class Desk {
  @WebSocketServer() readonly server!: GatewayServer;
  readonly seen: string[] = [];

  constructor(private readonly work: Work) {}

  @SubscribeMessage('question')
  async question(@MessageBody() name: string): Promise<object> {
    this.seen.push(name);
    await this.work.run(name);
    return { event: 'answer', data: `did ${name}` };
  }

  /** Answers in two parts: the first at once. */
  @SubscribeMessage('stream')
  stream(@MessageBody() name: string): Observable<object> {
    return new Observable((subscriber) => {
      subscriber.next({ event: 'answer', data: `begun ${name}` });
      void this.work.run(name).then(() => {
        subscriber.next({ event: 'answer', data: `did ${name}` });
        subscriber.complete();
      });
    });
  }

  /** Answers by the way of the library: an acknowledgement in socket.io. */
  @SubscribeMessage('acknowledge')
  async acknowledge(@MessageBody() name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }
}

export interface DeskSetup extends Partial<Omit<HttpAppSetup, 'module'>> {
  readonly library: Library;
  /** Of the application's HTTP server, or one of its own. */
  readonly ownPort?: boolean;
  readonly gateways?: Type[];
  readonly adapter?: (app: INestApplication) => AbstractWsAdapter;
}

export interface DialOptions {
  /** Instead of that of the gateway `Desk`. */
  readonly port?: number;
  /** Of socket.io; without it a WebSocket. */
  readonly transport?: 'polling';
}

const clients: DeskClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.vanish();
});

/** An application with gateways, and the clients of a test. */
export class DeskApp {
  private constructor(
    readonly app: HttpApp,
    private readonly setup: DeskSetup,
  ) {}

  static async start(setup: DeskSetup): Promise<DeskApp> {
    const { library, ownPort, gateways = [Desk], adapter, ...rest } = setup;
    const app = await HttpApp.start({
      platform: 'Express',
      ...rest,
      module: { providers: gateways },
      configure: (nest) =>
        nest.useWebSocketAdapter(adapter?.(nest) ?? adapterOf(library, ownPort ? undefined : nest)),
    });
    return new DeskApp(app, setup);
  }

  get work(): Work {
    return this.app.work;
  }

  get desk(): Desk {
    return this.app.app.get(Desk);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** What accepts the connections of clients. */
  get listener(): NetServer {
    if (!this.setup.ownPort) return this.app.server;
    const { _server, httpServer } = this.desk.server;
    return _server ?? (httpServer as HttpServer);
  }

  /** A client that its gateway knows. */
  async connect(path?: string, options?: DialOptions): Promise<DeskClient> {
    const client = this.dial(path, options);
    await client.opened;
    return client;
  }

  dial(path = '/', { port = this.port, transport }: DialOptions = {}): DeskClient {
    const url = `127.0.0.1:${port}${path}`;
    const { library } = this.setup;
    const client = library === 'ws' ? new WsClient(`ws://${url}`) : IoClient.dial(url, transport);
    clients.push(client);
    return client;
  }

  /** `app.close()`; to be awaited later. */
  close(): Promise<void> {
    return this.app.close();
  }
}

/** Without the application, an adapter makes a server of its own for port 0: any that is free. */
function adapterOf(library: Library, app: INestApplication | undefined): AbstractWsAdapter {
  return library === 'ws' ? new WsAdapter(app) : new IoAdapter(app);
}

/** A client of either library that notes what it hears. */
export abstract class DeskClient {
  readonly answers: unknown[] = [];
  /** Settles when it can talk, or can't connect. */
  abstract readonly opened: Promise<void>;
  /** How its connection ended: the code of `ws`, the reason of socket.io. */
  abstract readonly ended: Promise<string>;

  abstract send(event: string, name: string): void;
  abstract vanish(): void;

  async answer(text: string): Promise<void> {
    await eventually(`the answer '${text}'`, () => this.answers.includes(text));
  }
}

class WsClient extends DeskClient {
  readonly opened: Promise<void>;
  readonly ended: Promise<string>;
  private readonly socket: WebSocket;

  constructor(url: string) {
    super();
    this.socket = new WebSocket(url);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve).once('error', reject);
    });
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code) => resolve(String(code)));
    });
    this.socket.on('message', (data: Buffer) => {
      this.answers.push((JSON.parse(data.toString()) as { data: unknown }).data);
    });
  }

  send(event: string, data: string): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  vanish(): void {
    this.socket.on('error', () => undefined);
    this.socket.terminate();
  }
}

export class IoClient extends DeskClient {
  readonly opened: Promise<void>;
  readonly ended: Promise<string>;
  /** When it tries to come back. */
  readonly returns: Promise<void>;

  static dial(url: string, transport = 'websocket'): IoClient {
    const options = { transports: [transport], forceNew: true, reconnectionDelay: 1 };
    return new IoClient(io(`http://${url}`, options));
  }

  constructor(private readonly socket: Socket) {
    super();
    this.opened = new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('connect_error', reject);
    });
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => socket.once('disconnect', resolve));
    this.returns = new Promise((resolve) => {
      socket.io.once('reconnect_attempt', () => resolve());
    });
    socket.onAny((_event, data) => this.answers.push(data));
  }

  /** The same connection in another namespace. */
  async join(namespace: string): Promise<IoClient> {
    const client = new IoClient(this.socket.io.socket(namespace));
    clients.push(client);
    await client.opened;
    return client;
  }

  send(event: string, name: string): void {
    this.socket.emit(event, name, (answer: unknown) => this.answers.push(answer));
  }

  vanish(): void {
    this.socket.disconnect();
  }
}
