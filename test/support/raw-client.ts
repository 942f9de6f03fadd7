import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseResponse, type RawResponse } from './raw-response.js';

export interface RawClientOptions {
  readonly host?: string;
  readonly tls?: boolean;
  /** Goes on sending after the server has said goodbye, as no well-behaved client would. */
  readonly deafToFin?: boolean;
}

/** An HTTP client that says exactly what a test tells it to, and shows exactly what came back. */
export class RawClient {
  /** Our own port, by which the server's socket can be found. */
  readonly port: number;
  /** What has come and no `response()` has taken. */
  received = '';
  private sawFin = false;
  private closing?: { readonly error?: NodeJS.ErrnoException };
  private readonly watchers = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    this.port = socket.localPort ?? 0;
    let error: NodeJS.ErrnoException | undefined;
    const note = (change: () => void) => () => {
      change();
      for (const watcher of [...this.watchers]) watcher();
    };
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => note(() => (this.received += text))());
    socket.on(
      'end',
      note(() => (this.sawFin = true)),
    );
    socket.on('error', (cause) => (error = cause));
    socket.on(
      'close',
      note(() => (this.closing = { error })),
    );
  }

  /** Resolves when connected, with TLS after the handshake. */
  static async connect(port: number, options: RawClientOptions = {}): Promise<RawClient> {
    const { host = '127.0.0.1', tls = false, deafToFin = false } = options;
    const address = { port, host, allowHalfOpen: deafToFin };
    const socket = tls
      ? connectTls({ ...address, rejectUnauthorized: false })
      : connectTcp(address);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    return new RawClient(socket);
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Sends a whole request. */
  request(method: string, path: string, headers: Record<string, string> = {}, body = ''): this {
    return this.send(requestText(method, path, headers, body));
  }

  get(path: string, headers: Record<string, string> = {}): this {
    return this.request('GET', path, headers);
  }

  /** The next response, complete; interim ones are passed over. `head` when it answers a HEAD request. */
  async response({ head = false } = {}): Promise<RawResponse> {
    for (;;) {
      const parsed = await this.when(() =>
        parseResponse(this.received, { head, ended: this.sawFin }),
      );
      this.received = this.received.slice(parsed.length);
      if (parsed.response.status >= 200) return parsed.response;
    }
  }

  /** Resolves when the text has come. */
  async until(text: string): Promise<void> {
    await this.when(() => this.received.includes(text) || undefined);
  }

  /** Resolves when the server has said goodbye with a FIN; fails when the connection breaks instead. */
  async ended(): Promise<void> {
    await this.when(() => this.sawFin || undefined);
  }

  /** Resolves when the connection is closed, with what broke it. */
  async closed(): Promise<NodeJS.ErrnoException | undefined> {
    const { error } = await this.when(() => this.closing);
    return error;
  }

  get isOpen(): boolean {
    return !this.sawFin && !this.closing;
  }

  /** Leaves without a word. */
  vanish(): void {
    this.socket.destroy();
  }

  private when<T>(ask: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const watcher = () => {
        const answer = ask();
        if (answer === undefined && !this.closing) return;
        this.watchers.delete(watcher);
        if (answer !== undefined) return resolve(answer);
        const { code = 'no error' } = this.closing?.error ?? {};
        reject(new Error(`closed (${code}) after ${JSON.stringify(this.received)}`));
      };
      this.watchers.add(watcher);
      watcher();
    });
  }
}

/** A request as it goes over the wire. */
export function requestText(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): string {
  const length = body === '' ? {} : { 'Content-Length': String(body.length) };
  const lines = Object.entries({ Host: 'test', ...length, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`;
}
