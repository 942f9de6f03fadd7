import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** The app as a process of its own: `node dist/main.js`, as in a container. */
export class AppProcess {
  readonly lines: string[] = [];
  /** How it ended, when it did. */
  readonly ended: Promise<string>;
  private readonly child;
  private readonly waiting = new Map<RegExp, (line: string) => void>();

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, NO_COLOR: '1', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const input of [this.child.stdout, this.child.stderr]) {
      createInterface({ input }).on('line', (line) => this.read(line));
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => signal ?? `code ${code}`);
    process.once('exit', () => this.kill()); // whatever happens to us
  }

  /** The first line that matches; fails when the app ends without. */
  line(pattern: RegExp): Promise<string> {
    const ended = this.ended.then((end) => {
      throw new Error(`the app ended with ${end}:\n${this.lines.join('\n')}`);
    });
    const found = new Promise<string>((resolve) => {
      const already = this.lines.find((line) => pattern.test(line));
      if (already === undefined) this.waiting.set(pattern, resolve);
      else resolve(already);
    });
    return Promise.race([found, ended]);
  }

  /** Where it listens for HTTP. */
  async url(): Promise<URL> {
    const line = await this.line(/listening on/);
    return new URL(line.replace(/.*listening on /, ''));
  }

  /** What a platform does: SIGTERM, and SIGKILL when the grace period is over. Resolves with how it ended. */
  async stop(graceMs: number): Promise<string> {
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.kill(), graceMs);
    const end = await this.ended;
    clearTimeout(killer);
    return end;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private read(line: string): void {
    this.lines.push(line);
    for (const [pattern, resolve] of this.waiting) if (pattern.test(line)) resolve(line);
  }
}
