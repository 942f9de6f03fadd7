import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Comeback } from './comeback.js';

/** What an EventSource does, for Node: it comes back by itself, and says which event was its last. */
export class TickClient {
  readonly ids: number[] = [];
  readonly comebacks: Comeback[] = [];
  private readonly eventsBy = new Map<string, number>();
  private readonly leaving = new AbortController();
  private wake: () => void = () => undefined;
  private id?: string;
  /** Chromium's, until the server says something else. */
  private retryMs = 3_000;

  constructor(private readonly url: string) {
    void this.follow();
  }

  get missed(): number {
    return this.ids.length === 0 ? 0 : (this.ids.at(-1) ?? 0) - this.ids[0] + 1 - this.distinct;
  }

  get doubled(): number {
    return this.ids.length - this.distinct;
  }

  /** Resolves when so many events have come from this instance. */
  async events(count: number, instance: string): Promise<void> {
    while ((this.eventsBy.get(instance) ?? 0) < count) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  stop(): void {
    this.leaving.abort();
  }

  private get distinct(): number {
    return new Set(this.ids).size;
  }

  private async follow(): Promise<void> {
    let closedAt: number | undefined;
    let how = '';
    while (!this.leaving.signal.aborted) {
      const response = await this.open();
      if (response) {
        if (closedAt !== undefined) {
          this.comebacks.push({ how, seconds: (performance.now() - closedAt) / 1_000 });
        }
        how = await this.read(response);
        closedAt = performance.now();
      }
      await sleep(this.retryMs, undefined, this.leaving).catch(() => undefined);
    }
  }

  private open(): Promise<IncomingMessage | undefined> {
    const headers = {
      accept: 'text/event-stream',
      ...(this.id !== undefined && { 'last-event-id': this.id }),
    };
    return new Promise((resolve) => {
      get(this.url, { headers, agent: false, signal: this.leaving.signal }, resolve).on(
        'error',
        () => resolve(undefined),
      );
    });
  }

  /** Resolves with how the stream ended. */
  private async read(response: IncomingMessage): Promise<string> {
    const lines = createInterface({ input: response }).on('line', (line) => this.field(line));
    for (const source of [response, lines]) source.on('error', () => undefined); // 'close' follows
    await new Promise((resolve) => response.on('close', resolve));
    return response.complete ? 'end' : 'cut';
  }

  private field(line: string): void {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'id') this.ids.push(Number((this.id = value)));
    if (name === 'retry') this.retryMs = Number(value);
    if (name !== 'data') return;
    const { by } = JSON.parse(value) as { by: string };
    this.eventsBy.set(by, (this.eventsBy.get(by) ?? 0) + 1);
    this.wake();
  }
}
