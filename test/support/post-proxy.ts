import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from './eventually.js';

/** How much of a POST passes: what clients have sent may be under way when a server says goodbye. */
type Passing = 'everything' | 'its head' | 'its first byte';

/** A TCP proxy in front of a server, which can hold back what its clients POST. */
export class PostProxy {
  passing: Passing = 'everything';
  /** What has been held back. */
  held = '';
  private answers = '';
  private readonly release: (() => void)[] = [];
  private until?: string;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.pass(client));
  }

  static async before(target: number): Promise<PostProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PostProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async holds(text: string): Promise<void> {
    await eventually(`a POST of ${text}`, () => this.held.includes(text));
  }

  /** What has been held back goes on as soon as the server has answered this. */
  letGoAfter(text: string): void {
    this.until = text;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [client, server];
    for (const socket of pair) {
      this.sockets.add(socket);
      socket.on('error', () => pair.forEach((one) => one.destroy()));
      socket.on('close', () => this.sockets.delete(socket));
    }
    let isPost = false;
    client.on('data', (data) => {
      const text = data.toString();
      isPost = /^(GET|POST) /.test(text) ? text.startsWith('POST ') : isPost;
      if (!isPost || this.passing === 'everything') return void server.write(data);
      const begins = text.startsWith('POST ');
      const head = this.passing === 'its head' ? text.indexOf('\r\n\r\n') + 4 : 1;
      const from = begins ? head : 0;
      server.write(data.subarray(0, from));
      this.held += text.slice(from);
      this.release.push(() => server.write(data.subarray(from)));
    });
    server.on('data', (data) => {
      this.answers += data.toString();
      client.write(data);
      if (this.until === undefined || !this.answers.includes(this.until)) return;
      this.passing = 'everything';
      for (const pass of this.release.splice(0)) pass();
    });
    client.on('end', () => server.end());
    server.on('end', () => client.end());
  }
}
