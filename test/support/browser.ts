import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { chromiumFlags, chromiumPath } from './chromium.js';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly params?: Record<string, unknown>;
}

/** A headless browser that is told what to do, by its own protocol over a pipe. */
export class Browser {
  /** What went wrong in any page: exceptions that nobody caught. */
  readonly exceptions: string[] = [];
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;
  private text = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (part: string) => this.read(part));
  }

  static async start(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const args = [...chromiumFlags, '--remote-debugging-pipe', `--user-data-dir=${profile}`];
    const child = spawn(chromiumPath ?? '', args, {
      detached: true,
      env: { ...process.env, TMPDIR: profile },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    return new Browser(child, profile);
  }

  async open(url: string): Promise<OpenPage> {
    const { targetId } = await this.ask('Target.createTarget', { url });
    const { sessionId } = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    await this.ask('Runtime.enable', {}, sessionId as string);
    return new OpenPage((expression) => this.evaluate(expression, sessionId as string));
  }

  async close(): Promise<void> {
    const closed = once(this.child, 'close');
    process.kill(-(this.child.pid ?? 0), 'SIGKILL');
    await closed;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }

  private async evaluate(expression: string, sessionId: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result } = await this.ask('Runtime.evaluate', options, sessionId);
    return (result as { value?: unknown }).value;
  }

  private async ask(method: string, params: object, sessionId?: string) {
    const id = (this.last += 1);
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    const input = this.child.stdio[3] as Writable;
    input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  private read(part: string): void {
    const messages = (this.text + part).split('\0');
    this.text = messages.pop() ?? '';
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer;
      if (answer.method === 'Runtime.exceptionThrown')
        this.exceptions.push(JSON.stringify(answer.params));
      if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
    }
  }
}

/** How long a page may take for anything, in milliseconds. */
const PATIENCE_MS = 12_000;

/** A page that is open. Expressions are of the page's own JavaScript. */
class OpenPage {
  constructor(readonly evaluate: (expression: string) => Promise<unknown>) {}

  /** What an expression gives, once that is something. */
  async until(expression: string): Promise<unknown> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = await this.evaluate(expression);
      if (value) return value;
      if (Date.now() > end) throw new Error(`still waiting for ${expression}`);
      await sleep(20);
    }
  }

  /** The text of what a selector finds, once it is there and not empty. */
  async textOf(selector: string): Promise<string> {
    const found = `document.querySelector(${JSON.stringify(selector)})?.textContent.trim()`;
    return String(await this.until(found));
  }
}
