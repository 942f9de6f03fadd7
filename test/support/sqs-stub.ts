import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A message as the stub keeps it. */
interface Kept {
  readonly id: string;
  readonly body: string;
  /** Until when nobody else gets it, on the wall clock. */
  invisibleUntil: number;
  received: number;
  handle?: string;
}

/** What a client asks for, in the names of the AWS JSON protocol 1.0. */
interface Request {
  readonly QueueUrl: string;
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
  readonly VisibilityTimeout?: number;
  readonly ReceiptHandle?: string;
  readonly MessageBody?: string;
  readonly Entries?: ReadonlyArray<{
    readonly Id: string;
    readonly ReceiptHandle: string;
    readonly VisibilityTimeout?: number;
  }>;
}

interface Poll {
  readonly request: Request;
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/** One call that the stub has answered, such as `DeleteMessage`. */
export interface SqsCall {
  readonly action: string;
  readonly visibility?: number;
}

const DEFAULT_VISIBILITY_S = 30;

/**
 * Amazon SQS as far as consumers need it, in the words of its JSON protocol: long polls, visibility timeouts, receipt
 * handles, single and batched deletes and changes of visibility. As the real one, it answers a poll whose client has gone
 * with nothing, but marks the message as received if the answer was already written.
 */
export class SqsStub {
  readonly calls: SqsCall[] = [];
  /** How long the answer to a poll is on its way after its message was taken, in milliseconds. */
  latencyMs = 0;
  private readonly messages = new Map<string, Kept[]>();
  private readonly polls = new Map<string, Poll[]>();
  private count = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(): Promise<SqsStub> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SqsStub(server);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  urlOf(queue: string): string {
    return `${this.endpoint}/000000000000/${queue}`;
  }

  /** What AWS clients are made with. */
  get clientOptions() {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return { region: 'eu-west-1', endpoint: this.endpoint, credentials };
  }

  send(queueUrl: string, body: string): void {
    const url = new URL(queueUrl).pathname;
    const id = `m${(this.count += 1)}`;
    this.kept(url).push({ id, body, invisibleUntil: 0, received: 0 });
    this.serve(url);
  }

  /** `visible`: anybody would get it. `received`: somebody has it. `undefined`: deleted, or never there. */
  stateOf(queueUrl: string, body: string): 'visible' | 'received' | undefined {
    const message = this.kept(new URL(queueUrl).pathname).find((kept) => kept.body === body);
    if (!message) return undefined;
    return message.invisibleUntil > Date.now() ? 'received' : 'visible';
  }

  /** How often a message was handed out; of one that is deleted nothing is known. */
  receivedOf(queueUrl: string, body: string): number {
    return this.kept(new URL(queueUrl).pathname).find((kept) => kept.body === body)?.received ?? 0;
  }

  /** How many polls wait for a message. */
  pollsOf(queueUrl: string): number {
    return (this.polls.get(new URL(queueUrl).pathname) ?? []).length;
  }

  async stop(): Promise<void> {
    for (const poll of [...this.polls.values()].flat()) clearTimeout(poll.timer);
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }

  private kept(url: string): Kept[] {
    const known = this.messages.get(url) ?? [];
    this.messages.set(url, known);
    return known;
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const action = String(incoming.headers['x-amz-target']).replace('AmazonSQS.', '');
    const request = JSON.parse(String(Buffer.concat(chunks))) as Request;
    if (action === 'ReceiveMessage') return this.receive(request, response);
    this.calls.push({ action, visibility: request.VisibilityTimeout });
    const url = new URL(request.QueueUrl).pathname;
    switch (action) {
      case 'SendMessage':
        this.send(request.QueueUrl, String(request.MessageBody));
        return reply(response, {
          MessageId: `m${this.count}`,
          MD5OfMessageBody: md5(String(request.MessageBody)),
        });
      case 'DeleteMessage':
        this.delete(url, request.ReceiptHandle);
        return reply(response, {});
      case 'DeleteMessageBatch':
        for (const entry of request.Entries ?? []) this.delete(url, entry.ReceiptHandle);
        return reply(response, successful(request));
      case 'ChangeMessageVisibility':
        this.change(url, request.ReceiptHandle, request.VisibilityTimeout);
        return reply(response, {});
      case 'ChangeMessageVisibilityBatch':
        for (const entry of request.Entries ?? []) {
          this.change(url, entry.ReceiptHandle, entry.VisibilityTimeout);
        }
        return reply(response, successful(request));
      default:
        return reply(response, { __type: 'UnsupportedOperation', message: action }, 400);
    }
  }

  private receive(request: Request, response: ServerResponse): void {
    const url = new URL(request.QueueUrl).pathname;
    const waiting = this.polls.get(url) ?? [];
    this.polls.set(url, waiting);
    const leave = () => {
      clearTimeout(poll.timer);
      const index = waiting.indexOf(poll);
      if (index >= 0) waiting.splice(index, 1);
    };
    const timer = setTimeout(
      () => {
        leave();
        reply(response, {});
      },
      (request.WaitTimeSeconds ?? 0) * 1_000,
    );
    const poll: Poll = { request, response, timer };
    waiting.push(poll);
    response.once('close', leave);
    this.serve(url);
  }

  /** Hands out what is visible to the polls that wait, the oldest first. */
  private serve(url: string): void {
    for (const poll of [...(this.polls.get(url) ?? [])]) {
      const visible = this.kept(url).filter(({ invisibleUntil }) => invisibleUntil <= Date.now());
      const taken = visible.slice(0, poll.request.MaxNumberOfMessages ?? 1);
      if (taken.length === 0) return;
      clearTimeout(poll.timer);
      this.polls.set(
        url,
        (this.polls.get(url) ?? []).filter((other) => other !== poll),
      );
      const seconds = poll.request.VisibilityTimeout ?? DEFAULT_VISIBILITY_S;
      const Messages = taken.map((message) => {
        message.received += 1;
        message.handle = `${message.id}#${message.received}`;
        this.hide(url, message, seconds);
        return {
          MessageId: message.id,
          ReceiptHandle: message.handle,
          Body: message.body,
          MD5OfBody: md5(message.body),
          Attributes: { ApproximateReceiveCount: String(message.received) },
        };
      });
      setTimeout(() => reply(poll.response, { Messages }), this.latencyMs);
    }
  }

  private hide(url: string, message: Kept, seconds: number): void {
    message.invisibleUntil = seconds > 0 ? Date.now() + seconds * 1_000 : 0;
    setTimeout(() => this.serve(url), seconds * 1_000 + 1).unref();
  }

  /** Only by the newest handle, as the real one refuses or ignores older ones. */
  private delete(url: string, handle: string | undefined): void {
    const kept = this.kept(url).filter((message) => message.handle !== handle);
    this.messages.set(url, kept);
  }

  private change(url: string, handle: string | undefined, seconds = DEFAULT_VISIBILITY_S): void {
    const message = this.kept(url).find((kept) => kept.handle === handle);
    if (message) this.hide(url, message, seconds);
  }
}

/** The clients of AWS check it. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function successful({ Entries = [] }: Request): object {
  return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
}

function reply(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}
