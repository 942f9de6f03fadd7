import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { Streams, type Place } from './streams.js';

const PATIENCE_MS = 5_000;

/** Asks everything on one session for as long as that lasts, as a proxy or another service does. */
export class Http2Client {
  answered = 0;
  /** Were refused before anybody had worked on them, so they were asked again. */
  refused = 0;
  /** Had not been sent as a GOAWAY came, so Node's client refused them by itself, and they were asked again. */
  unsent = 0;
  readonly downloads = new Streams();
  /** The last streams that the GOAWAYs of each of its sessions have named. */
  readonly goaways: number[][] = [];
  private session?: ClientHttp2Session;

  /** `url` says where a new session goes. */
  constructor(private readonly url: () => string) {}

  /** Fails with a status, or with what has broken the stream. */
  async get(path: string): Promise<void> {
    const stream = this.request(path);
    let status: number | undefined;
    let sent = true;
    stream.on('response', (headers) => (status = headers[':status']));
    stream.on('frameError', () => (sent = false));
    try {
      for await (const _ of stream);
    } catch (error) {
      if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) {
        throw new Error((error as NodeJS.ErrnoException).code, { cause: error });
      }
      if (sent) this.refused += 1;
      else this.unsent += 1;
      return this.get(path); // RFC 9113 section 8.7
    }
    if (status !== 200) throw new Error(String(status ?? 'no answer'));
    this.answered += 1;
  }

  download(path: string): Promise<void> {
    return this.downloads.read(placesIn(this.request(path)));
  }

  close(): void {
    this.session?.close();
  }

  private request(path: string): ClientHttp2Stream {
    // Node closes a session that gets a GOAWAY: what is under way ends on it, and what is new needs another.
    let { session } = this;
    if (!session || session.closed || session.destroyed) session = this.session = this.connect();
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return session.request({ ':path': path }, { signal }).setEncoding('utf8');
  }

  private connect(): ClientHttp2Session {
    const lastStreams: number[] = [];
    this.goaways.push(lastStreams);
    return connect(this.url())
      .on('error', () => undefined) // its streams fail, too
      .on('goaway', (_code, lastStream) => {
        // Node's server repeats the last one when the session is over.
        if (lastStreams.at(-1) !== lastStream) lastStreams.push(lastStream);
      });
  }
}

async function* placesIn(lines: AsyncIterable<string>): AsyncGenerator<Place> {
  let rest = '';
  for await (const text of lines) {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) yield JSON.parse(line) as Place;
  }
}
