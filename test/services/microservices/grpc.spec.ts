import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod, Transport, type GrpcOptions } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import grpc, { type Call, type Client } from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import health from 'grpc-health-check';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, Observable } from 'rxjs';
import { ANY_STREAM } from '../../support/http2-app.js';
import { Http2RawClient } from '../../support/http2-raw-client.js';
import { Work } from '../../support/work.js';
import { manyTurns } from '../../support/many-turns.js';
import { itFinishesWhatIsInFlight, SLOW_TO_LEARN, type Rig } from './in-flight.js';
import { outcome, RpcApp, type Kind } from './rpc-app.js';

const deskProto = fileURLToPath(new URL('./desk.proto', import.meta.url));

const CANCELLED = 1;
const UNAVAILABLE = 14;

interface Question {
  readonly name: string;
}

interface Answer {
  readonly text: string;
}

@Controller()
class Desk {
  constructor(private readonly work: Work) {}

  @GrpcMethod('Desk', 'Ask')
  async ask({ name }: Question): Promise<Answer> {
    await this.work.run(name);
    return { text: `did ${name}` };
  }

  @GrpcMethod('Desk', 'Stream')
  stream({ name }: Question): Observable<Answer> {
    return new Observable((subscriber) => {
      subscriber.next({ text: `begun ${name}` });
      void this.work.run(name).then(() => {
        subscriber.next({ text: `did ${name}` });
        subscriber.complete();
      });
    });
  }

  @GrpcStreamMethod('Desk', 'Upload')
  async upload(questions: Observable<Question>): Promise<Answer> {
    return this.ask(await firstValueFrom(questions));
  }
}

class DeskClient {
  constructor(private readonly client: Client) {}

  ask(name: string, patienceMs = 12_000): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.client.Ask({ name }, (error, value) => (error ? reject(error) : resolve(value.text)));
    });
    return outcome(answer, patienceMs);
  }

  /** How a stream ends; `heard` tells of its first part. */
  async endOf(name: string, heard: () => void): Promise<number> {
    const call = this.client.Stream({ name });
    call.once('data', heard);
    return new Promise((resolve) => {
      call.once('status', ({ code }) => resolve(code)).on('error', () => undefined);
      call.resume();
    });
  }

  parts(name: string, patienceMs = 12_000): Promise<string[] | string> {
    const call = this.client.Stream({ name });
    const read = async () => {
      const texts: string[] = [];
      for await (const { text } of call) texts.push(text);
      return texts;
    };
    return outcome(read(), patienceMs);
  }

  async tell(name: string): Promise<void> {
    const call = this.client.Upload(() => undefined);
    call.write({ name });
    call.end();
  }
}

class HealthClient {
  constructor(private readonly client: Client) {}

  check(service = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      this.client.Check({ service }, (error, value) =>
        error ? reject(error) : resolve(value.status),
      );
    });
  }

  watch(service = ''): Call {
    return this.client.Watch({ service });
  }
}

interface GrpcRig extends Rig {
  readonly client: DeskClient;
  readonly port: number;
  readonly health: HealthClient;
}

async function start(options: {} | null, kind?: Kind, more: {} = {}): Promise<GrpcRig> {
  const port = await freePort();
  const url = `127.0.0.1:${port}`;
  const microservice: GrpcOptions = {
    transport: Transport.GRPC,
    options: { url, package: 'desk', protoPath: deskProto, ...more },
  };
  const app = await RpcApp.start({ kind, options, microservice, controllers: [Desk] });
  const connect = async (path: string, service: (loaded: never) => unknown) => {
    const definition = loader.loadSync(path, { enums: String, defaults: true });
    const Service = service(grpc.loadPackageDefinition(definition) as never) as new (
      address: string,
      credentials: unknown,
    ) => Client;
    const client = new Service(url, grpc.credentials.createInsecure());
    app.afterwards(() => client.close());
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 12_000, (error) => (error ? reject(error) : resolve()));
    });
    return client;
  };
  const desk = await connect(deskProto, (loaded: Loaded<'desk', 'Desk'>) => loaded.desk.Desk);
  const checks = await connect(
    health.protoPath,
    (loaded: LoadedHealth) => loaded.grpc.health.v1.Health,
  );
  return { app, port, client: new DeskClient(desk), health: new HealthClient(checks) };
}

type Loaded<P extends string, S extends string> = Record<P, Record<S, unknown>>;
type LoadedHealth = { grpc: { health: { v1: { Health: unknown } } } };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What the documentation of Nest has for it. */
const withHealth = {
  onLoadPackageDefinition: (_definition: unknown, server: unknown) =>
    new health.HealthImplementation({
      '': 'SERVING',
      liveness: 'SERVING',
      idle: 'NOT_SERVING',
    }).addToServer(server),
};

describe('gRPC, which cancels what is in flight', () => {
  itFinishesWhatIsInFlight((options, kind) => start(options, kind), /CANCELLED/);

  it('a new call is refused once it drains', async () => {
    const { app, client } = await start({});
    const answer = client.ask('one');
    await app.work.begun('one');

    const closing = app.close();
    await app.draining();
    await manyTurns(); // it is told by now
    expect(await client.ask('late')).toMatch(/UNAVAILABLE/);
    app.work.finish('one');

    expect(await answer).toBe('did one');
    await closing;
    expect(app.work.started).toEqual(['one']);
  });

  describe('a session', () => {
    /** Asks as gRPC does: a byte for no compression, the length in four, and a field of a name. */
    function ask(client: Http2RawClient, stream: number, name: string): void {
      client.request(stream, '/desk.Desk/Ask', 'POST', 'application/grpc');
      const message = `\n${String.fromCharCode(name.length)}${name}`;
      client.data(stream, `\0\0\0${String.fromCharCode(0, message.length)}${message}`, {
        end: true,
      });
    }

    async function connect({ app, port }: GrpcRig, options = {}): Promise<Http2RawClient> {
      const client = await Http2RawClient.connect(port, options);
      app.afterwards(() => client.vanish());
      ask(client, 1, 'one');
      await app.work.begun('one');
      return client;
    }

    it('is told at T0 to go elsewhere, and of its last stream as the drain begins', async () => {
      const rig = await start(SLOW_TO_LEARN);
      const { app } = rig;
      const client = await connect(rig);

      app.signal();
      expect(await client.goodbyesUntil(1)).toEqual([{ lastStream: ANY_STREAM, code: 0 }]);
      ask(client, 3, 'two');
      await app.work.begun('two');
      const [, last] = await client.goodbyesUntil(2);
      app.work.finish('one', 'two');

      expect(last).toEqual({ lastStream: 3, code: 0 });
      for (const stream of [1, 3]) {
        expect(await client.response(stream)).toMatchObject({ status: 200 });
      }
      await app.exited();
      expect(app.process.exits).toEqual([0]);
    });

    it('that has begun since is told as the drain begins', async () => {
      const rig = await start(SLOW_TO_LEARN);
      rig.app.signal();
      await rig.app.log.until(/^propagate: /);
      const client = await connect(rig);
      await client.pong();
      expect(client.goodbyes).toEqual([]);

      const [first, last] = await client.goodbyesUntil(2);
      rig.app.work.finish('one');
      expect(first).toEqual({ lastStream: ANY_STREAM, code: 0 });
      expect(last).toEqual({ lastStream: 1, code: 0 });
      await rig.app.exited();
    });

    it('is served what its client has sent before it knew', async () => {
      const rig = await start({});
      const { app } = rig;
      const client = await connect(rig, { deaf: true });

      const closing = app.close();
      await client.until('PING');
      ask(client, 3, 'late');
      client.answerPings();
      await app.work.begun('late');
      app.work.finish('one', 'late');

      expect(await client.response(3)).toMatchObject({
        status: 200,
        body: expect.stringContaining('did late'),
      });
      expect((await client.goodbyesUntil(2)).at(-1)).toEqual({ lastStream: 3, code: 0 });
      await closing;
    });
  });

  describe('a stream that would last for ever', () => {
    /** Its first part is there, and nothing else comes. */
    async function endless({ client }: GrpcRig) {
      let end!: Promise<number>;
      await new Promise<void>((resolve) => {
        end = client.endOf('endless', resolve);
      });
      return { end };
    }

    it('is told to come back, and the process ends cleanly', async () => {
      const rig = await start({ gracePeriodMs: 2_000 });
      const { end } = await endless(rig);
      await rig.app.close();

      expect(await end).toBe(UNAVAILABLE);
      expect(rig.app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('is told so at the deadline, if its method is known to end', async () => {
      const rig = await start({ gracePeriodMs: 2_000 });
      rig.app.work.finish('short');
      expect(await rig.client.parts('short')).toEqual(['begun short', 'did short']);
      const { end } = await endless(rig);
      await rig.app.close();

      expect(await end).toBe(UNAVAILABLE);
      const unfinished = [{ name: 'desk.Desk/Stream' }];
      expect(rig.app.graceful.report).toMatchObject({ outcome: 'forced', unfinished });
    });

    it('of a method that is said to be endless goes as the drain begins', async () => {
      const rig = await start({ gracePeriodMs: 10_000, grpcEndlessMethods: ['desk.Desk/Stream'] });
      rig.app.work.finish('short');
      expect(await rig.client.parts('short')).toEqual(['begun short', 'did short']);
      const { end } = await endless(rig);
      await rig.app.close();

      expect(await end).toBe(UNAVAILABLE);
      const { report } = rig.app.graceful;
      expect(report).toMatchObject({ outcome: 'clean', unfinished: [] });
      expect(report?.durationMs).toBeLessThan(1_500); // a quarter of the drain would be 2 s
    });

    it('a method that no server streams is named at boot', async () => {
      const options = { grpcEndlessMethods: ['desk.Desk/Ask'], grpcFiniteMethods: ['desk.Desk/*'] };
      const { app } = await start(options);
      await app.log.until(/grpcEndlessMethods names desk\.Desk\/Ask, which no gRPC server/);
      expect(app.log.lines.filter((text) => text.includes('grpcFinite'))).toEqual([]);
      await app.close();
    });

    it('the control: on plain Nest it is cancelled, which no usual retry policy covers', async () => {
      const rig = await start(null);
      const { end } = await endless(rig);
      await rig.app.close();

      expect(await end).toBe(CANCELLED);
    });
  });

  it('the health service says at T0 that it does not serve, but that it lives', async () => {
    const { app, client, health: checks } = await start({}, 'hybrid', withHealth);
    const watching = checks.watch()[Symbol.asyncIterator]();
    expect((await watching.next()).value).toEqual({ status: 'SERVING' });
    expect(await checks.check()).toBe('SERVING');

    expect(await app.graceful.drain()).toBe(true);
    expect((await watching.next()).value).toEqual({ status: 'NOT_SERVING' });
    expect(await checks.check()).toBe('NOT_SERVING');
    expect(await checks.check('liveness')).toBe('SERVING');
    await expect(checks.check('unknown')).rejects.toThrow(/NOT_FOUND/);
    app.work.finish('one');
    expect(await client.ask('one')).toBe('did one');

    app.graceful.resume();
    expect((await watching.next()).value).toEqual({ status: 'SERVING' });
    expect(await checks.check('idle')).toBe('NOT_SERVING');

    void app.close();
    expect((await watching.next()).value).toEqual({ status: 'NOT_SERVING' });
    await watching.next().catch(() => undefined);
  });

  it('who watches its health does not hold the drain', async () => {
    const { app, health: checks } = await start({}, 'microservice', withHealth);
    const watching = checks.watch()[Symbol.asyncIterator]();
    await watching.next();

    await app.close();
    await watching.next(); // NOT_SERVING
    await watching.next().catch(() => undefined);

    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('a long answer arrives, also where somebody watches', async () => {
    const { app, client, health: checks } = await start({}, 'microservice', withHealth);
    const watching = checks.watch()[Symbol.asyncIterator]();
    await watching.next();
    const long = 'x'.repeat(3 * 1024 * 1024);
    const answer = client.ask(long);
    await app.work.begun(long);

    const closing = app.close();
    await app.draining();
    await manyTurns();
    app.work.finish(long);

    expect((await answer).length).toBe('did '.length + long.length);
    await closing;
    await watching.next(); // NOT_SERVING
    await watching.next().catch(() => undefined);
  });

  it.each(['hybrid', 'microservice'] as const)(
    'a %s serves while load balancers learn that it leaves',
    async (kind) => {
      const { app, client } = await start(SLOW_TO_LEARN, kind);
      app.work.finish('late');

      app.signal();
      await app.log.until(/^propagate: /);

      expect(await client.ask('late')).toBe('did late');
      await app.exited();
    },
  );
});
