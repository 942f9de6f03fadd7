import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setTimeout } from '../../time/real-timers.js';
import { StageError } from './errors.js';
import type { Holds, StagedHold } from './holds.js';

/** How a request of a staged shutdown is made. */
export interface StagedRequestOptions {
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or what is sent as JSON. */
  readonly body?: unknown;
  /**
   * Keeps the request open: it has arrived and counts as in flight, and the application's handler is called once this
   * promise has settled, or the hold is released. Time may go on meanwhile.
   */
  readonly heldBy?: PromiseLike<unknown> | StagedHold;
  /** On a connection of its own, instead of one that is kept and used again. Default `false`. */
  readonly fresh?: boolean;
}

/** The answer to such a request. */
export interface StagedResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What became of a request: what its client has seen of it. */
export interface RequestRecord {
  /** Such as `GET /orders`. */
  readonly name: string;
  /** Undefined until it is answered. */
  readonly status?: number;
  /** Why there is no answer: `ECONNRESET`, `ECONNREFUSED`, or what Node calls it. */
  readonly error?: string;
  /** It was a probe, which the module has answered: a 503 of readiness is no loss. */
  readonly probe?: true;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

interface Sent extends Mutable<RequestRecord> {
  readonly heldBy?: PromiseLike<unknown>;
  client?: ClientRequest;
  /** Undefined until it has arrived; probes are answered before that. */
  response?: ServerResponse;
}

/** The clients of a staged application. */
export class StagedClient {
  private readonly sent: Sent[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly sentOnce = new Agent({ keepAlive: false });

  constructor(
    private readonly url: () => string,
    private readonly holds: Holds,
  ) {}

  get requests(): RequestRecord[] {
    return this.sent.map(({ name, status, error, response }) => ({
      name,
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      ...(status !== undefined && !response && { probe: true as const }),
    }));
  }

  /** Those that are neither answered nor lost, and not held: their bytes are on the way, or their handler runs. */
  underWay(): string[] {
    return this.sent
      .filter((one) => isOpen(one) && !(one.response && this.holds.hasResponse(one.response)))
      .map(({ name }) => name);
  }

  open(): string[] {
    return this.sent.filter(isOpen).map(({ name }) => name);
  }

  send(path: string, options: StagedRequestOptions): Promise<StagedResponse> {
    const { method = 'GET', heldBy } = options;
    const held = heldBy && 'released' in heldBy ? heldBy.released : heldBy;
    const sent: Sent = { name: `${method} ${path}`, ...(held && { heldBy: held }) };
    this.sent.push(sent);
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => {
        sent.error ??= error.code ?? error.message;
        reject(error);
      };
      const { headers, body } = payloadOf(options);
      const target = new URL(path, this.url());
      const agent = options.fresh ? this.sentOnce : this.agent;
      sent.client = httpRequest(target, { method, headers, agent }, (response) => {
        readAll(response).then((text) => {
          sent.status = response.statusCode ?? 0;
          resolve({ status: sent.status, headers: response.headers, body: text });
        }, fail);
      });
      sent.client.on('error', fail);
      sent.client.end(body);
    });
  }

  /** One of its requests has come to the application's door; whether it is handed on from here. */
  arrived(request: IncomingMessage, response: ServerResponse, handOn: () => void): boolean {
    const { remotePort } = request.socket;
    const sent = this.sent.find(
      (one) => isOpen(one) && !one.response && one.client?.socket?.localPort === remotePort,
    );
    if (!sent) return false;
    sent.response = response;
    if (!sent.heldBy) return false;
    this.holds.holdResponse(response);
    const goOn = () => {
      this.holds.releaseResponse(response);
      // The time of the drain may be over, and the module has answered, or the client has gone.
      if (!response.writableEnded && !response.destroyed) handOn();
    };
    sent.heldBy.then(goOn, goOn);
    return true;
  }

  /** What has been sent has arrived, and what has been answered, too; also when the process has ended since. */
  async bytesArrive(patienceMs: number): Promise<void> {
    for (let waitedMs = 0; waitedMs < patienceMs && this.underWay().length > 0; waitedMs += 1) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 1));
    }
  }

  close(): void {
    this.agent.destroy();
    this.sentOnce.destroy();
    for (const one of this.sent)
      if (isOpen(one)) one.client?.destroy(new StageError('The stage is closed.'));
  }
}

function isOpen({ status, error }: RequestRecord): boolean {
  return status === undefined && error === undefined;
}

function payloadOf({ headers = {}, body }: StagedRequestOptions) {
  if (body === undefined || typeof body === 'string') return { headers, body };
  return {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
