import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { Agent, request } from 'node:http';
import { HttpSource } from '../../lib/http/http-source.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const CLIENTS = 8;
const CYCLES = 50;

/** A client that asks without a pause, over Node's own agent: its connection is kept as long as the server keeps it. */
class SteadyClient extends EventEmitter<{ outcome: [said: string] }> {
  answers = 0;
  readonly failures: string[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private stopping = false;

  constructor(private readonly port: number) {
    super();
    this.ask();
  }

  /** Resolves when so many more answers have said this of their connection. */
  hears(said: string, times: number): Promise<void> {
    return new Promise((resolve) => {
      let left = times;
      const count = (what: string) => {
        if (what === said) left -= 1;
        if (left > 0) return;
        this.off('outcome', count);
        resolve();
      };
      this.on('outcome', count);
    });
  }

  /** Asks no more; resolves when nothing is on the way. */
  stop(): Promise<void> {
    this.stopping = true;
    return new Promise((resolve) => void this.once('outcome', () => resolve()));
  }

  private ask(): void {
    const { agent, port } = this;
    const upload = this.answers % 2 === 1;
    const [method, path] = upload ? ['POST', '/unread'] : ['GET', '/fast'];
    const headers = upload ? { 'Content-Type': 'application/octet-stream' } : {};
    const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.once('error', ({ message }) => this.settle('failure', message));
      response.once('end', () => {
        const { statusCode } = response;
        if (statusCode !== 200) return this.settle('failure', `status ${statusCode}`);
        this.answers += 1;
        this.settle(response.headers.connection ?? 'nothing');
      });
    });
    sent.once('error', ({ message }) => this.settle('failure', message));
    sent.end(upload ? 'a body' : undefined);
  }

  private settle(said: string, failure?: string): void {
    if (failure !== undefined) this.failures.push(failure);
    this.emit('outcome', said);
    if (this.stopping) this.agent.destroy();
    else setImmediate(() => this.ask());
  }
}

describeOnPlatforms((target) => {
  describe(`${CYCLES} drains and resumptions under load`, () => {
    function load(app: HttpApp) {
      const clients = Array.from({ length: CLIENTS }, () => new SteadyClient(app.port));
      const all = <T>(act: (client: SteadyClient) => Promise<T>) => Promise.all(clients.map(act));
      const failures = () => clients.flatMap((client) => client.failures);
      return { all, failures };
    }

    it('lose nothing, and neither does the shutdown behind them', async () => {
      const clock = new VirtualClock();
      const options = {
        platform: 'kubernetes',
        propagationFloorMs: 0,
        propagationQuietMs: 2_000,
      } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const drain = app.app.get(HttpSource).connections;
      let connections = 0;
      app.server.on('connection', () => (connections += 1));
      const { all, failures } = load(app);

      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        drain.announce();
        await all((client) => client.hears('close', 2));
        drain.revoke();
        await all((client) => client.hears('keep-alive', 2));
      }
      expect(connections).toBeGreaterThan(CYCLES * CLIENTS); // they did move away, each time
      const kept = connections;
      await all((client) => client.hears('keep-alive', 50));
      expect(connections).toBe(kept);

      const slow = await app.connect();
      slow.get('/work/slow');
      await app.work.begun('slow');
      app.signal();
      await all((client) => client.hears('close', 2));
      await all((client) => client.stop());
      await clock.advance(2_000);
      await app.phase('drain');
      app.work.finish('slow');

      await expect(slow.response()).resolves.toMatchObject({ status: 200, body: 'did slow' });
      await eventually('the exit', () => {
        void clock.advance(0); // lets what waits for a moment go on, and no deadline come nearer
        return app.process.exits.length > 0;
      });
      expect(app.process.exits).toEqual([0]);
      expect(failures()).toEqual([]);
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    }, 30_000); // thousands of requests

    it('lose something when the listener is closed and opened again: the load can fail', async () => {
      const app = await HttpApp.start({ ...target, options: null });
      const { port, server } = app;
      const { all, failures } = load(app);
      const next = (client: SteadyClient) =>
        new Promise((resolve) => client.once('outcome', resolve));

      for (let cycle = 0; cycle < CYCLES && failures().length === 0; cycle += 1) {
        server.close();
        await all(next);
        server.listen(port, '127.0.0.1');
        await all(next);
      }

      await all((client) => client.stop());
      expect(failures().length).toBeGreaterThan(0);
    });
  });
});
