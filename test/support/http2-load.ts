import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** What a client may send again: the server says, or the connection shows, that nobody has worked on it. */
const NEVER_SENT = ['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION'];

/**
 * A client that keeps some streams open all the time, and opens another as soon as one is answered. It keeps to the RFC
 * and does no more: it leaves a session that says GOAWAY, and sends again only what the server cannot have worked on
 * (RFC 9113 section 8.7).
 */
export class Http2Load {
  served = 0;
  /** Sent again, and served in the end. */
  retried = 0;
  readonly lost: string[] = [];
  private session: ClientHttp2Session;
  private stopping = false;
  private readonly streams: Promise<void>[];

  constructor(
    first: ClientHttp2Session,
    /** Opens a session elsewhere. */
    private readonly elsewhere: () => ClientHttp2Session,
    concurrency: number,
  ) {
    this.session = first;
    this.streams = Array.from({ length: concurrency }, () => this.ask());
  }

  /** Asks no more; resolves when everything is answered. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.streams);
    this.session.close();
  }

  private async ask(): Promise<void> {
    while (!this.stopping) {
      let outcome = await this.send();
      for (let retries = 0; outcome === 'retry' && retries < 10; retries += 1) {
        this.retried += 1;
        outcome = await this.send();
      }
      if (outcome === 'served') this.served += 1;
      else this.lost.push(outcome);
    }
  }

  private send(): Promise<string> {
    if (this.session.closed || this.session.destroyed) this.session = this.elsewhere();
    const { session } = this;
    let stream: ClientHttp2Stream;
    try {
      stream = session.request({ ':path': '/fast' });
    } catch (error) {
      return Promise.resolve(outcomeOf(error as NodeJS.ErrnoException));
    }
    return new Promise((resolve) => {
      let status: number | undefined;
      let body = '';
      stream.once('response', (headers) => (status = headers[':status']));
      stream.setEncoding('utf8').on('data', (text: string) => (body += text));
      stream.once('error', (error) => resolve(outcomeOf(error, stream)));
      stream.once('close', () =>
        resolve(status === 200 && body === 'fast' ? 'served' : `${status} ${body}`),
      );
    });
  }
}

function outcomeOf(
  { code = 'no code' }: NodeJS.ErrnoException,
  stream?: ClientHttp2Stream,
): string {
  if (stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM) return 'retry';
  if (stream?.id === undefined && NEVER_SENT.includes(code)) return 'retry';
  return `${code} ${stream?.rstCode}`;
}
