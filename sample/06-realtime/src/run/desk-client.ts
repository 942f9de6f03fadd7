import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Comeback } from './comeback.js';

const EVERY_MS = 100;
/** Close code "Service Restart", registered with IANA: come back, after a random time. */
const SERVICE_RESTART = 1012;
const JITTER_MS = 1_000;

interface Answer {
  readonly data: { readonly id: string; readonly by: string };
}

/** Asks a question every 100 ms, whether the last one is answered or not, and comes back when it is disconnected. */
export class DeskClient {
  asked = 0;
  answered = 0;
  askedAgain = 0;
  /** Had no answer as their connection broke, so nobody knows whether they were done. */
  lost = 0;
  readonly comebacks: Comeback[] = [];
  private readonly unanswered = new Set<string>();
  private readonly answersBy = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly timer: NodeJS.Timeout;
  private socket: WebSocket;

  constructor(
    private readonly name: string,
    private readonly url: string,
  ) {
    this.socket = this.connect();
    this.timer = setInterval(() => this.ask(`${this.name}-${++this.asked}`), EVERY_MS);
  }

  /** Resolves when this instance has given so many answers. */
  async answers(count: number, instance: string): Promise<void> {
    await this.until(() => (this.answersBy.get(instance) ?? 0) >= count);
  }

  /** Asks nothing any more, and leaves when all that was asked is answered or lost. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.until(() => this.unanswered.size === 0);
    this.socket.removeAllListeners('close').close();
  }

  private connect(): WebSocket {
    const socket = new WebSocket(this.url);
    // What was asked meanwhile, and what the last instance has told us that it did not begin.
    socket.on('open', () => this.unanswered.forEach((id) => this.send(id)));
    socket.on('message', (text: Buffer) => this.hear(JSON.parse(text.toString()) as Answer));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', (code) => void this.comeBack(code));
    return socket;
  }

  private ask(id: string): void {
    this.unanswered.add(id);
    if (this.socket.readyState === WebSocket.OPEN) this.send(id);
  }

  private send(id: string): void {
    this.socket.send(JSON.stringify({ event: 'ask', data: { id } }));
  }

  private hear({ data: { id, by } }: Answer): void {
    if (this.unanswered.delete(id)) this.answered += 1;
    this.answersBy.set(by, (this.answersBy.get(by) ?? 0) + 1);
    this.wake();
  }

  private async comeBack(code: number): Promise<void> {
    const closedAt = performance.now();
    if (code === SERVICE_RESTART) {
      this.askedAgain += this.unanswered.size;
    } else {
      this.lost += this.unanswered.size;
      this.unanswered.clear();
    }
    this.wake();
    await sleep(Math.random() * JITTER_MS);
    this.socket = this.connect();
    this.socket.once('open', () => {
      this.comebacks.push({ how: String(code), seconds: (performance.now() - closedAt) / 1_000 });
    });
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
