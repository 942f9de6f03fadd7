import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnTls } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** What lies between a TLS client and its TCP connection: lets a few bytes through, and the others when it is told to. */
class Slow extends Duplex {
  private held: Buffer | undefined = Buffer.alloc(0);

  constructor(private readonly tcp: Socket) {
    super();
    tcp.on('data', (data) => void this.push(data));
    tcp.on('close', () => void this.destroy());
  }

  override _read(): void {}

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    if (!this.held) return void this.tcp.write(data, () => done());
    this.tcp.write(data.subarray(0, 10));
    this.held = data.subarray(10);
    done();
  }

  release(): void {
    if (this.held) this.tcp.write(this.held);
    this.held = undefined;
  }
}

describeOnTls((target) => {
  describe('a TLS handshake that has begun as the drain begins', () => {
    async function start() {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const idle = await app.idleClient();
      const accepted = once(app.server, 'connection') as Promise<[Socket]>;
      const tcp = connect(app.port, '127.0.0.1');
      const slow = new Slow(tcp);
      const tls = connectTls({ socket: slow, rejectUnauthorized: false });
      tls.on('error', () => undefined);
      const [serverSide] = await accepted;
      await eventually('the first bytes', () => serverSide.bytesRead >= 10);
      const closed = app.close();
      await idle.ended();
      return { app, clock, tcp, slow, tls, closed };
    }

    it('is waited for, and so is the request behind it', async () => {
      const { app, slow, tls, closed } = await start();

      slow.release();
      await once(tls, 'secureConnect');
      tls.write(requestText('GET', '/fast'));

      let text = '';
      for await (const data of tls) text += String(data);
      expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close\r\n[^]*fast$/i);
      await closed;
      expect(app.report.outcome).toBe('clean');
    });

    it('is known by its connection where all have the same address', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const handedOver: Socket[] = [];
      const path = join(tmpdir(), `graceful-tls-${process.pid}-${app.port}.sock`);
      const front = createServer((socket) => {
        handedOver.push(socket);
        app.server.emit('connection', socket);
      });
      await new Promise<void>((resolve) => void front.listen(path, resolve));
      const clients = [1, 2, 3].map(() => {
        const tcp = connect(path);
        const slow = new Slow(tcp);
        const tls = connectTls({ socket: slow, rejectUnauthorized: false });
        tls.on('error', () => undefined);
        return { tcp, slow, tls };
      });
      await eventually('the first bytes of all', () => {
        return handedOver.length === 3 && handedOver.every(({ bytesRead }) => bytesRead >= 10);
      });
      const idle = await app.idleClient();
      const closed = app.close();
      await idle.ended();

      const texts = clients.slice(0, 2).map(async ({ slow, tls }) => {
        slow.release();
        await once(tls, 'secureConnect');
        tls.write(requestText('GET', '/fast'));
        let text = '';
        for await (const data of tls) text += String(data);
        return text;
      });
      for (const text of await Promise.all(texts)) expect(text).toMatch(/fast$/);
      await clock.advance(5_000);

      await once(clients[2].tcp, 'close');
      await closed;
      expect(app.report.outcome).toBe('clean');
      front.close();
    });

    it('is given up after 5 s', async () => {
      const { app, clock, tcp, closed } = await start();

      await clock.advance(5_000);

      await once(tcp, 'close');
      await closed;
      expect(app.report.outcome).toBe('clean');
    });
  });
});
