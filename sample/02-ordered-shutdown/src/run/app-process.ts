import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = new URL('../main.js', import.meta.url);

/** `[Nest] 4711  - 11/23/2026, 9:17:48 AM     LOG [Context] text`: the beginning says nothing here. */
const NEST_PREFIX = /^\[Nest\] \d+ +- .*? (?=LOG|WARN|ERROR|FATAL|DEBUG|VERBOSE)/;

export interface Line {
  readonly at: number;
  readonly text: string;
  /** Printed with a prefix of Nest's; the lines below it without one belong to it. */
  readonly logged: boolean;
}

/** The app as a process of its own: `node dist/main.js`, as in a container. */
export class AppProcess {
  readonly lines: Line[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly child;
  private readonly waiting = new Map<RegExp, (line: string) => void>();

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [fileURLToPath(MAIN)], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      env: { ...process.env, NO_COLOR: '1', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const input of [this.child.stdout, this.child.stderr]) {
      createInterface({ input }).on('line', (line) => this.read(line));
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
    process.once('exit', () => this.child.kill('SIGKILL')); // whatever happens to us
  }

  /** The first line to come that matches; fails when the app ends without. */
  line(pattern: RegExp): Promise<string> {
    const ended = this.ended.then(() => {
      throw new Error(`the app ended:\n${this.lines.map(({ text }) => text).join('\n')}`);
    });
    const found = new Promise<string>((resolve) => this.waiting.set(pattern, resolve));
    return Promise.race([found, ended]);
  }

  terminate(): void {
    this.child.kill('SIGTERM');
  }

  private read(line: string): void {
    const text = line.replace(NEST_PREFIX, '').trimEnd();
    this.lines.push({ at: performance.now(), text, logged: NEST_PREFIX.test(line) });
    for (const [pattern, resolve] of this.waiting) if (pattern.test(text)) resolve(text);
  }
}
