import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly offset?: number;
  readonly limit?: number;
  readonly timeout?: number;
}

interface Update {
  readonly update_id: number;
  readonly message: object;
}

/** Telegram's Bot API as far as a bot that polls needs it: an update is kept until a poll asks for a later one. */
export class TelegramStub {
  private updates: Update[] = [];
  private readonly waiting = new Set<() => void>();
  private count = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(): Promise<TelegramStub> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TelegramStub(server);
  }

  get apiRoot(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many polls are out. */
  get polls(): number {
    return this.waiting.size;
  }

  /** What another bot process would get. */
  get left(): string[] {
    return this.updates.map(({ message }) => String((message as { text?: string }).text));
  }

  send(...texts: readonly string[]): void {
    for (const text of texts) {
      this.count += 1;
      const chat = { id: 1, type: 'private', first_name: 'A' };
      const from = { id: 1, is_bot: false, first_name: 'A' };
      const message = { message_id: this.count, date: 0, chat, from, text };
      this.updates.push({ update_id: this.count, message });
    }
    for (const look of this.waiting) look();
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = String(Buffer.concat(chunks));
    const asked = (body.startsWith('{') ? JSON.parse(body) : {}) as Asked;
    const method = request.url?.split('/').at(-1);
    const reply = (result: unknown) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: true, result }));
    };
    if (method === 'getMe') {
      return reply({ id: 7, is_bot: true, first_name: 'bot', username: 'bot' });
    }
    if (method !== 'getUpdates') return reply(true);
    this.updates = this.updates.filter(({ update_id }) => update_id >= (asked.offset ?? 0));
    const give = () => reply(this.updates.slice(0, asked.limit ?? 100));
    if (this.updates.length > 0 || !asked.timeout) return give();
    const look = () => {
      this.waiting.delete(look);
      clearTimeout(timer);
      give();
    };
    const timer = setTimeout(look, asked.timeout * 1_000);
    this.waiting.add(look);
    response.once('close', () => {
      this.waiting.delete(look);
      clearTimeout(timer);
    });
  }
}
