import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';

const TEXT = 0x81;
const CLOSE = 0x88;

/** A WebSocket without a library, which does nothing by itself: it does not answer a goodbye. Frames up to 125 bytes. */
export class RawSocket {
  /** The code of the close frame. */
  readonly goodbye: Promise<number>;
  /** The server has ended the connection; what is sent then is still on its way, as when both happen at once. */
  readonly closed: Promise<unknown>;
  readonly texts: string[] = [];
  private rest = Buffer.alloc(0);
  private heardGoodbye!: (code: number) => void;

  private constructor(private readonly socket: Socket) {
    this.goodbye = new Promise((resolve) => (this.heardGoodbye = resolve));
    this.closed = new Promise((resolve) => {
      socket.once('close', resolve); // by an error as well
      socket.once('end', () => resolve(socket.unref()));
    });
    socket.on('error', () => undefined);
  }

  static async open(port: number, path = '/'): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [data] = (await once(socket, 'data')) as [Buffer];
    if (!data.toString().startsWith('HTTP/1.1 101')) throw new Error(data.toString());
    const client = new RawSocket(socket);
    client.read(data.subarray(data.indexOf('\r\n\r\n') + 4));
    socket.on('data', (more: Buffer) => client.read(more));
    return client;
  }

  /** One that has joined the default namespace of socket.io. */
  static async openSocketIo(port: number): Promise<RawSocket> {
    const client = await RawSocket.open(port, '/socket.io/?EIO=4&transport=websocket');
    await client.until('0{'); // as every client does: what comes before may be dropped
    client.text('40');
    await client.until('40{');
    return client;
  }

  text(message: object | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.frame(TEXT, Buffer.from(text));
  }

  sayGoodbye(): void {
    this.frame(CLOSE, Buffer.from([0x03, 0xf4]));
    void this.closed.then(() => this.socket.end());
  }

  async until(part: string): Promise<void> {
    await eventually(part, () => this.texts.some((text) => text.includes(part)));
  }

  /** A client has to mask what it says; zeros will do. */
  private frame(kind: number, payload: Buffer): void {
    this.socket.write(Buffer.from([kind, 0x80 | payload.length, 0, 0, 0, 0, ...payload]));
  }

  private read(data: Buffer): void {
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 2 && this.rest.length >= 2 + this.rest[1]) {
      const payload = this.rest.subarray(2, 2 + this.rest[1]);
      if (this.rest[0] === CLOSE) this.heardGoodbye(codeOf(payload));
      else this.texts.push(payload.toString());
      this.rest = this.rest.subarray(2 + payload.length);
    }
  }
}

/** Of a close frame; 1005 is what RFC 6455 calls one without a code. */
function codeOf(payload: Buffer): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE();
}
