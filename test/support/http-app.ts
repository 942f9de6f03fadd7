import type {
  INestApplication,
  ModuleMetadata,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach } from '@jest/globals';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Graceful } from '../../lib/graceful.js';
import { BUILT_IN, CLOCK, OWN_SOURCES, PROCESS_PORT } from '../../lib/tokens.js';
import { GracefulModule } from '../../lib/graceful.module.js';
import { BUILT_IN_INTEGRATIONS } from '../../lib/integrations/built-in.js';
import { HttpSource } from '../../lib/http/http-source.js';
import type { Integration } from '../../lib/engine/integration.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { systemClock } from '../../lib/time/system-clock.js';
import type { Source } from '../../lib/sources/source.js';
import { TrackedWork } from '../../lib/sources/tracked-work.js';
import type { Clock } from '../../lib/time/clock.js';
import type { ShutdownReport } from '../../lib/engine/record.js';
import { eventually } from './eventually.js';
import { FakeProcess } from './fake-process.js';
import { RawClient, type RawClientOptions } from './raw-client.js';
import { RecordingLogger } from './recording-logger.js';
import { tlsFiles } from './tls.js';
import { Work, WorkController } from './work.js';

export type Platform = 'Express' | 'Fastify';

export interface HttpAppSetup {
  readonly platform: Platform;
  readonly tls?: boolean;
  /** HTTP/2, on Fastify only; `mixed` speaks HTTP/1.1 as well, with TLS. */
  readonly http2?: 'only' | 'mixed';
  /** Options of the module; `null` leaves it out: the control. */
  readonly options?: GracefulOptions | null;
  readonly clock?: Clock;
  /** Options of `NestFactory.create()`. */
  readonly nest?: NestApplicationOptions;
  /** What else the application's module holds. */
  readonly module?: ModuleMetadata;
  /** What main.ts does between create() and listen(). */
  readonly configure?: (app: INestApplication) => unknown;
  readonly host?: string;
  /** Instead of those that come with the package. */
  readonly integrations?: readonly Integration[];
  /** Instead of HTTP and tracked work; what is left out has to be added by an integration. */
  readonly ownSources?: ReadonlyArray<Type<Source>>;
}

/** Long enough for every test, so that nothing ends by a deadline that is not meant to. */
const PATIENT: GracefulOptions = { platform: 'none', gracePeriodMs: 60_000 };

const running = new Set<HttpApp>();

afterEach(async () => {
  await Promise.all([...running].map((app) => app.destroy()));
  running.clear();
});

/** A Nest application that listens, with `WorkController` in it, a process of its own and a log that can be read. */
export class HttpApp {
  readonly process = new FakeProcess();
  readonly log = new RecordingLogger();
  /** The server's side of all connections there were, by the port of the client. */
  private readonly sockets = new Map<number, Socket>();
  private readonly clients: RawClient[] = [];
  private readonly secured = new Set<number | undefined>();
  private readonly answering = new Set<number | undefined>();
  private closing?: Promise<void>;

  private constructor(
    private readonly setup: HttpAppSetup,
    readonly app: INestApplication,
    parts: Pick<HttpApp, 'process' | 'log'>,
  ) {
    Object.assign(this, parts);
    this.server.on('connection', (socket: Socket) =>
      this.sockets.set(socket.remotePort ?? 0, socket),
    );
    // A client's handshake is over some time before the server's.
    this.server.on('secureConnection', ({ remotePort }: Socket) => this.secured.add(remotePort));
    this.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { remotePort } = request.socket;
      this.answering.add(remotePort);
      response.once('close', () => this.answering.delete(remotePort));
    });
    running.add(this);
  }

  static async start(setup: HttpAppSetup): Promise<HttpApp> {
    const { platform, tls, http2, options = {}, clock = systemClock, nest, module = {} } = setup;
    const https = { ...tlsFiles, allowHTTP1: http2 === 'mixed' };
    const parts = { process: new FakeProcess(), log: new RecordingLogger() };
    const graceful = options && [GracefulModule.forRoot({ ...PATIENT, ...options })];
    const compiled = await Test.createTestingModule({
      imports: [...(graceful ?? []), ...(module.imports ?? [])],
      controllers: [...(module.controllers ?? []), WorkController],
      providers: [...(module.providers ?? []), Work],
    })
      .setLogger(parts.log)
      .overrideProvider(CLOCK)
      .useValue(clock)
      .overrideProvider(PROCESS_PORT)
      .useValue(parts.process)
      .overrideProvider(BUILT_IN)
      .useValue(setup.integrations ?? BUILT_IN_INTEGRATIONS)
      .overrideProvider(OWN_SOURCES)
      .useFactory({
        factory: (...sources: Source[]) => sources,
        inject: [...(setup.ownSources ?? [HttpSource, TrackedWork])],
      })
      .compile();
    const adapter =
      platform === 'Express'
        ? new ExpressAdapter()
        : new FastifyAdapter({ ...(tls ? { https } : {}), http2: http2 !== undefined } as object);
    const app = compiled.createNestApplication(adapter, {
      ...nest,
      ...(tls ? { httpsOptions: tlsFiles } : {}),
    });
    if (adapter instanceof FastifyAdapter) passBodiesUnread(adapter);
    await setup.configure?.(app);
    await app.listen(0, setup.host ?? '127.0.0.1');
    return new HttpApp(setup, app, parts);
  }

  get server(): Server {
    return this.app.getHttpServer() as Server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get work(): Work {
    return this.app.get(Work);
  }

  get graceful(): Graceful {
    return this.app.get(Graceful);
  }

  /** The report of a shutdown that is over. */
  get report(): ShutdownReport {
    const { report } = this.graceful;
    if (!report) throw new Error(`no report: ${this.graceful.state}`);
    return report;
  }

  /** A client that is connected, in the server's eyes as well. */
  async connect(options: RawClientOptions = {}): Promise<RawClient> {
    const { tls } = this.setup;
    const client = await RawClient.connect(this.port, { tls, ...options });
    this.clients.push(client);
    await eventually('the server to see its client', () =>
      tls ? this.secured.has(client.port) : this.sockets.has(client.port),
    );
    return client;
  }

  /** A client whose connection is idle: it has had one answer, and would have another. */
  async idleClient(options?: RawClientOptions): Promise<RawClient> {
    const client = await this.connect(options);
    await client.get('/fast').response();
    // A client has the whole answer some time before the server knows that it has sent it.
    await eventually('the server to be done', () => !this.answering.has(client.port));
    return client;
  }

  /** The server's side of a client's connection. */
  socketOf(client: { readonly port: number }): Socket {
    const socket = this.sockets.get(client.port);
    if (!socket) throw new Error('the server has not seen this client');
    return socket;
  }

  /** Resolves when the server has read that much more from a client than when `what` was called. */
  async hasRead(client: RawClient, text: string): Promise<void> {
    const socket = this.socketOf(client);
    const before = socket.bytesRead;
    client.send(text);
    await eventually('its bytes', () => socket.bytesRead >= before + text.length);
  }

  /** `app.close()`; to be awaited later, or never. */
  close(): Promise<void> {
    this.closing ??= this.app.close();
    return this.closing;
  }

  signal(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (!this.process.send(signal)) throw new Error(`nobody listens to ${signal}`);
  }

  /** Resolves when the phase has begun. */
  async phase(name: 'propagate' | 'drain' | 'close'): Promise<void> {
    await this.log.until(new RegExp(`^${name}: `));
  }

  /** Resolves when a shutdown that a signal began is over. */
  async exited(): Promise<number> {
    await eventually('the exit', () => this.process.exits.length > 0);
    return this.process.exits[0];
  }

  /** Ends whatever the test has left, so that the next one begins with nothing. */
  async destroy(): Promise<void> {
    for (const client of this.clients) client.vanish();
    for (const socket of this.sockets.values()) socket.destroy();
    this.server.close();
    await eventually('the listener to close', () => !this.server.listening);
  }
}

/** Express leaves a body of unknown type to the handler; Fastify has to be told. */
function passBodiesUnread(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  fastify.addContentTypeParser('application/octet-stream', (_request, _body, done) => done(null));
}
