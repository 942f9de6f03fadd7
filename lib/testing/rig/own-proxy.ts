import { connect, type Socket } from 'node:net';
import { forward } from './forward.js';
import { listen, type Listener } from './listen.js';
import type { Proxy, Trace } from './proxy.js';

interface Backend {
  name: string;
  port: number;
}

/**
 * A layer 4 load balancer, as kube-proxy is one: it picks a replica for each connection, in turn, and a connection
 * stays with its replica for as long as it lives, also after the replica was removed.
 */
export class OwnProxy implements Proxy {
  readonly name = 'own TCP forwarder';
  private readonly traces = new Map<number, Trace>();
  private backends: Backend[] = [];
  private turn = 0;
  private listener!: Listener;

  private constructor(private readonly delayMs: number) {}

  static async start(options: { delayMs: number }): Promise<OwnProxy> {
    const proxy = new OwnProxy(options.delayMs);
    proxy.listener = await listen((client) => proxy.accept(client));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.listener.port}`;
  }

  async add(name: string, port: number): Promise<void> {
    this.backends.push({ name, port });
  }

  async remove(name: string): Promise<void> {
    this.backends = this.backends.filter((backend) => backend.name !== name);
  }

  trace(clientPort: number): Trace | undefined {
    return this.traces.get(clientPort);
  }

  close(): Promise<void> {
    return this.listener.close();
  }

  private accept(client: Socket): void {
    const backend = this.backends[this.turn++ % this.backends.length];
    const trace: Trace = { replica: backend?.name, refused: !backend };
    if (client.remotePort) this.traces.set(client.remotePort, trace);
    if (!backend) {
      client.resetAndDestroy();
      return;
    }
    // A forwarder in user space can't pass a refusal on: it has already accepted. It resets and remembers why.
    forward(client, () => connect({ port: backend.port, host: '127.0.0.1', allowHalfOpen: true }), {
      delayMs: this.delayMs,
      onRefused: () => (trace.refused = true),
    });
  }
}
