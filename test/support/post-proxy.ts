import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from './eventually.js';

/** How much of a POST passes, or of all else as well: what clients have sent may be under way when a server says goodbye. */
type Passing = 'everything' | 'its head' | 'its first byte' | 'nothing of anything';

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

  /** What has been held back goes on. */
  letGo(): void {
    this.passing = 'everything';
    for (const pass of this.release.splice(0)) pass();
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
      const holds = isPost ? this.passing !== 'everything' : this.holdsAll;
      if (!holds) return void server.write(data);
      const from = text.startsWith('POST ') ? this.passesOf(text) : 0;
      server.write(data.subarray(0, from));
      this.held += text.slice(from);
      this.release.push(() => server.write(data.subarray(from)));
    });
    server.on('data', (data) => {
      this.answers += data.toString();
      client.write(data);
      if (this.until !== undefined && this.answers.includes(this.until)) this.letGo();
    });
    client.on('end', () => {
      if (this.holdsAll) this.release.push(() => server.end());
      else server.end();
    });
    server.on('end', () => client.end());
  }

  private get holdsAll(): boolean {
    return this.passing === 'nothing of anything';
  }

  private passesOf(post: string): number {
    if (this.holdsAll) return 0;
    return this.passing === 'its head' ? post.indexOf('\r\n\r\n') + 4 : 1;
  }
}
