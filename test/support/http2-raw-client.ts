import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One frame as it came (RFC 9113 section 4.1). */
export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface Goodbye {
  readonly lastStream: number;
  readonly code: number;
}

export interface Http2RawClientOptions {
  readonly tls?: boolean;
  /** Says nothing by itself: neither who it is, nor that it has heard. */
  readonly mute?: boolean;
  /** Does not answer a PING. */
  readonly deaf?: boolean;
  /** Goes on sending after the server has said goodbye. */
  readonly deafToFin?: boolean;
  /** How many bytes of each response the server may send, until `allow()`. */
  readonly window?: number;
}

const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const;
export type FrameType = (typeof TYPES)[number];

const END_STREAM = 0x1;
const ACK = 0x1;
const END_HEADERS = 0x4;
/** The responses that have a number of their own in HPACK's static table, from 8 on. */
const STATUSES = [200, 204, 206, 304, 400, 404, 500];

/** An HTTP/2 client that sends exactly the frames a test tells it to, and shows those that came back, in order. */
export class Http2RawClient {
  /** Our own port, by which the server's socket can be found. */
  readonly port: number;
  readonly frames: Frame[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private closing?: { readonly error?: NodeJS.ErrnoException };
  private readonly watchers = new Set<() => void>();

  private constructor(
    readonly socket: Socket,
    private readonly options: Http2RawClientOptions,
  ) {
    this.port = socket.localPort ?? 0;
    let error: NodeJS.ErrnoException | undefined;
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('error', (cause) => (error = cause));
    socket.on('close', () => {
      this.closing = { error };
      this.notify();
    });
  }

  /** Resolves when connected; has sent its preface, unless it is mute. */
  static async connect(port: number, options: Http2RawClientOptions = {}): Promise<Http2RawClient> {
    const address = { port, host: '127.0.0.1', allowHalfOpen: options.deafToFin };
    const socket = options.tls
      ? connectTls({ ...address, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
      : connectTcp(address);
    await new Promise<void>((resolve, reject) => {
      socket.once(options.tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    socket.setNoDelay();
    const client = new Http2RawClient(socket, options);
    if (!options.mute) client.begin();
    return client;
  }

  /** The preface, with a header table of no length: what is received can be read without the ones before. */
  begin(): this {
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const { window = 65_535 } = this.options;
    return this.send('SETTINGS', 0, 0, Buffer.concat([setting(1, 0), setting(4, window)]));
  }

  send(type: FrameType, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): this {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(TYPES.indexOf(type), 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
    return this;
  }

  /** Opens a stream; with a method that has a body, the body is to follow. */
  request(
    stream: number,
    path: string,
    method: 'GET' | 'POST' = 'GET',
    contentType = 'application/json',
  ): this {
    const headers = Buffer.concat([
      Buffer.of(method === 'GET' ? 0x82 : 0x83, 0x86),
      literal(4, path),
      literal(1, 'test'),
      ...(method === 'GET' ? [] : [literal(31, contentType)]),
    ]);
    const flags = END_HEADERS | (method === 'GET' ? END_STREAM : 0);
    return this.send('HEADERS', flags, stream, headers);
  }

  data(stream: number, text: string, { end = false } = {}): this {
    return this.send('DATA', end ? END_STREAM : 0, stream, Buffer.from(text));
  }

  reset(stream: number, code: number): this {
    return this.send('RST_STREAM', 0, stream, word(code));
  }

  /** Lets the server send that many bytes more of a stream. */
  allow(stream: number, bytes: number): this {
    return this.send('WINDOW_UPDATE', 0, stream, word(bytes));
  }

  answerPings(): this {
    for (const { payload } of this.of('PING', 0)) this.send('PING', ACK, 0, payload);
    return this;
  }

  /** The frames of a type, in order. */
  of(type: FrameType, stream?: number): Frame[] {
    return this.frames.filter(
      (frame) => frame.type === type && (stream === undefined || frame.stream === stream),
    );
  }

  /** What the GOAWAYs said. The last one counts once: Node repeats it when the session is over. */
  get goodbyes(): Goodbye[] {
    const said = this.of('GOAWAY').map(({ payload }) => ({
      lastStream: payload.readUInt32BE(0),
      code: payload.readUInt32BE(4),
    }));
    return said.filter((one, index) => {
      const before = said.at(index - 1);
      return index === 0 || before?.lastStream !== one.lastStream || before.code !== one.code;
    });
  }

  /** Resolves with the GOAWAYs when there are so many. */
  async goodbyesUntil(count: number): Promise<Goodbye[]> {
    await this.when(() => this.goodbyes.length >= count || undefined);
    return this.goodbyes;
  }

  /** Resolves when a frame of that type has come. */
  async until(type: FrameType, stream?: number): Promise<void> {
    await this.when(() => this.of(type, stream).length > 0 || undefined);
  }

  /** A round trip: resolves when the server has dealt with everything that we have sent before. */
  async pong(): Promise<void> {
    const answers = () => this.of('PING').filter(({ flags }) => flags === ACK).length;
    const before = answers();
    this.send('PING', 0, 0, Buffer.alloc(8));
    await this.when(() => answers() > before || undefined);
  }

  /** The whole response of a stream, or what came of it and the code of the reset. */
  response(stream: number): Promise<{ status?: number; body: string; resetCode?: number }> {
    return this.when(() => {
      const frames = this.frames.filter((frame) => frame.stream === stream);
      const ended = frames.some(({ type, flags }) => isContent(type) && (flags & END_STREAM) !== 0);
      const reset = frames.find(({ type }) => type === 'RST_STREAM');
      if (!ended && !reset) return undefined;
      return {
        ...this.received(stream),
        ...(ended ? {} : { resetCode: reset?.payload.readUInt32BE(0) }),
      };
    });
  }

  /** What there is of a response. */
  received(stream: number): { status?: number; body: string } {
    const [head] = this.of('HEADERS', stream);
    const body = this.of('DATA', stream).map(({ payload }) => payload.toString());
    return { ...(head ? { status: statusOf(head.payload) } : {}), body: body.join('') };
  }

  /** Resolves when the connection is closed, with what broke it. */
  async closed(): Promise<NodeJS.ErrnoException | undefined> {
    const { error } = await this.when(() => this.closing);
    return error;
  }

  get isOpen(): boolean {
    return !this.closing;
  }

  /** Leaves without a word. */
  vanish(): void {
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 9 && this.rest.length >= 9 + this.rest.readUIntBE(0, 3)) {
      const length = this.rest.readUIntBE(0, 3);
      this.take({
        type: TYPES[this.rest.readUInt8(3)],
        flags: this.rest.readUInt8(4),
        stream: this.rest.readUInt32BE(5),
        payload: this.rest.subarray(9, 9 + length),
      });
      this.rest = this.rest.subarray(9 + length);
    }
    this.notify();
  }

  private take(frame: Frame): void {
    this.frames.push(frame);
    const { mute, deaf } = this.options;
    if (mute || frame.flags === ACK) return;
    if (frame.type === 'SETTINGS') this.send('SETTINGS', ACK, 0);
    if (frame.type === 'PING' && !deaf) this.send('PING', ACK, 0, frame.payload);
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private when<T>(ask: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const watcher = () => {
        const answer = ask();
        if (answer === undefined && !this.closing) return;
        this.watchers.delete(watcher);
        if (answer !== undefined) return resolve(answer);
        const { code = 'no error' } = this.closing?.error ?? {};
        const types = this.frames.map(({ type, stream }) => `${type} ${stream}`);
        reject(new Error(`closed (${code}) after ${types.join(', ')}`));
      };
      this.watchers.add(watcher);
      watcher();
    });
  }
}

function isContent(type: FrameType): boolean {
  return type === 'DATA' || type === 'HEADERS';
}

/** A header without indexing, whose name is in HPACK's static table (RFC 7541 section 6.2.2); no Huffman. */
function literal(name: number, value: string): Buffer {
  const index = name < 15 ? Buffer.of(name) : Buffer.of(0x0f, name - 15);
  return Buffer.concat([index, Buffer.of(value.length), Buffer.from(value)]);
}

/** The first header of a response is its status: indexed, or a literal of three digits, which Huffman makes no shorter. */
function statusOf(headers: Buffer): number {
  let at = 0;
  while ((headers[at] & 0xe0) === 0x20) at += 1; // the header table's new size
  if ((headers[at] & 0x80) !== 0) return STATUSES[(headers[at] & 0x7f) - 8];
  return Number(headers.subarray(at + 2, at + 5).toString());
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(0, id), word(value)]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
