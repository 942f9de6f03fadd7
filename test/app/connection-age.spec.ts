import { describe, expect, it } from '@jest/globals';
import { Agent as HttpAgent, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import type { Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnHttp2, idleSession, nodeClient, openSession } from '../support/http2-app.js';
import { Http2Load } from '../support/http2-load.js';
import { manyTurns } from '../support/many-turns.js';
import { describeOnTransports, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const AGE_MS = 60;
/** With its jitter, a connection has this age at the latest. */
const GROWN_MS = AGE_MS * 1.1;

/** A client with one kept connection, which asks again as soon as it is answered. */
class KeptClient {
  answered = 0;
  readonly lost: string[] = [];
  readonly connections = new Set<Socket>();
  private stopped = false;
  private readonly agent: HttpAgent;
  private readonly over: Promise<void>;

  constructor(
    private readonly app: HttpApp,
    private readonly tls: boolean,
  ) {
    const Agent = tls ? HttpsAgent : HttpAgent;
    this.agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.over = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.over;
    this.agent.destroy();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.ask().then(
        (status) => (status === 200 ? (this.answered += 1) : this.lost.push(String(status))),
        (error: NodeJS.ErrnoException) => this.lost.push(error.code ?? error.message),
      );
    }
  }

  private ask(): Promise<number> {
    const { agent, app, tls } = this;
    const get = tls ? httpsGet : httpGet;
    return new Promise((resolve, reject) => {
      const options = { agent, port: app.port, path: '/fast', rejectUnauthorized: false };
      const request = get(options, (response) => {
        response.once('error', reject).once('end', () => resolve(response.statusCode ?? 0));
        response.resume();
      });
      request.once('socket', (socket) => this.connections.add(socket));
      request.once('error', reject);
    });
  }
}

function clientsOf(app: HttpApp, { tls = false }: Target): KeptClient[] {
  return Array.from({ length: 10 }, () => new KeptClient(app, tls));
}

describeOnTransports((target) => {
  it('clients move on, again and again, and none loses a request', async () => {
    const app = await HttpApp.start({ ...target, options: { maxConnectionAgeMs: AGE_MS } });
    const clients = clientsOf(app, target);
    await eventually('each client to have had some connections', () =>
      clients.every(({ connections }) => connections.size >= 4),
    );
    await Promise.all(clients.map((client) => client.stop()));
    expect(clients.flatMap(({ lost }) => lost)).toEqual([]);
    await app.close();
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('closed abruptly at that age, the same clients lose requests', async () => {
    const app = await HttpApp.start({ ...target, options: null });
    app.server.on(target.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      setTimeout(() => socket.destroy(), AGE_MS);
    });
    const clients = clientsOf(app, target);
    await eventually('a loss', () => clients.some(({ lost }) => lost.length > 0));
    await Promise.all(clients.map((client) => client.stop()));
    expect(clients.flatMap(({ lost }) => lost).length).toBeGreaterThan(0);
    await app.app.close();
  });

  it('without the option, a connection is as old as its client wants', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, clock });
    const client = await app.idleClient();
    await clock.advance(24 * 60 * 60_000);
    const again = await client.get('/fast').response();
    expect(again.headers['connection']).not.toBe('close');
    await app.close();
  });

  it('an idle one is told with its next answer, and not before', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { maxConnectionAgeMs: AGE_MS },
      clock,
    });
    const client = await app.idleClient();
    await clock.advance(GROWN_MS);
    expect(app.socketOf(client).writableEnded).toBe(false);

    const last = await client.get('/fast').response();
    expect(last.headers['connection']).toBe('close');
    await client.ended();
  });

  it('what is in flight is answered, and says that the connection closes', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { maxConnectionAgeMs: AGE_MS },
      clock,
    });
    const client = await app.connect();
    client.get('/work/a');
    await app.work.begun('a');
    await clock.advance(GROWN_MS);
    app.work.finish('a');
    const answer = await client.response();
    expect(answer.status).toBe(200);
    expect(answer.headers['connection']).toBe('close');
    await client.ended();
  });

  it('a stream whose head is out goes to its end, and the answer after it says so', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { maxConnectionAgeMs: AGE_MS },
      clock,
    });
    const client = await app.connect();
    client.get('/stream/a');
    await app.work.begun('a');
    await clock.advance(GROWN_MS);
    app.work.finish('a');
    expect((await client.response()).body).toBe('first half, second half');
    const next = await client.get('/fast').response();
    expect(next.headers['connection']).toBe('close');
    await client.ended();
  });
});

describeOnHttp2((target) => {
  it('sessions move on, again and again, and none loses a request', async () => {
    const app = await HttpApp.start({ ...target, options: { maxConnectionAgeMs: AGE_MS } });
    let sessions = 0;
    const open = () => {
      sessions += 1;
      return nodeClient(app, target);
    };
    const load = new Http2Load(open(), open, 4);
    await eventually('some sessions', () => sessions >= 4);
    await load.stop();
    expect(load.lost).toEqual([]);
    expect(load.served).toBeGreaterThan(0);
    await app.close();
    expect(app.report.outcome).toBe('clean');
  }, 40_000);

  it('an idle session is told at once, and closed when its client has heard of it', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { maxConnectionAgeMs: AGE_MS },
      clock,
    });
    const idle = await idleSession(app, target);
    await clock.advance(GROWN_MS);
    await idle.closed();
    expect(idle.goodbyes.at(-1)).toEqual({ lastStream: 1, code: 0 });
  });

  it('one that leaves as a drain begins is waited for, and not for longer than the drain would', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { maxConnectionAgeMs: AGE_MS, drainTimeoutMs: 8_000 },
      clock,
    });
    const client = await openSession(app, target);
    client.request(1, '/work/a');
    await app.work.begun('a');
    await clock.advance(GROWN_MS); // waits for the moment in which no stream is open, up to 10 s

    const closed = app.close();
    await app.phase('drain');
    await eventually('the listener to close', () => !app.server.listening);
    await manyTurns();
    await clock.advance(4_000); // the half of the drain
    await client.until('GOAWAY');
    app.work.finish('a');
    expect((await client.response(1)).body).toContain('a');
    await closed;
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });
});

describe('the age', () => {
  it('differs between connections that were opened together', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      platform: 'Express',
      options: { maxConnectionAgeMs: 10_000 },
      clock,
    });
    const clients = await Promise.all(Array.from({ length: 40 }, () => app.idleClient()));
    await clock.advance(8_900);
    const told = async () => {
      const answers = await Promise.all(clients.map((client) => client.get('/fast').response()));
      return answers.filter(({ headers }) => headers['connection'] === 'close').length;
    };
    expect(await told()).toBe(0);
    await clock.advance(1_100);
    const half = await told();
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(40);
  });
});
