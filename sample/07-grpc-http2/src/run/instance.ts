import { once } from 'node:events';
import { createServer } from 'node:net';
import { AppProcess } from './app-process.js';
import { Distance } from './distance.js';

/** A process of the app, and how clients reach its two ports. */
export class Instance {
  private constructor(
    readonly app: AppProcess,
    private readonly grpc: Distance,
    private readonly http: Distance,
  ) {}

  static async start(graceful: 'on' | 'off'): Promise<Instance> {
    const port = await freePort();
    const app = new AppProcess({ GRACEFUL: graceful, GRPC_URL: `127.0.0.1:${port}` });
    const url = await app.url();
    return new Instance(app, await Distance.to(port), await Distance.to(Number(url.port)));
  }

  get grpcAddress(): string {
    return this.grpc.address;
  }

  get url(): string {
    return `http://${this.http.address}`;
  }

  /** Nobody connects any more. */
  remove(): void {
    this.app.kill();
    this.grpc.close();
    this.http.close();
  }
}

/** Below the range from which systems take the ports of outgoing connections: it stays free until the app listens there. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').catch(() => undefined);
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
