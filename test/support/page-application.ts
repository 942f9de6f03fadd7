import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';

/** An application whose code stands on a page, in the starter of a Nest major: it is started as the page says. */
export class PageApplication {
  readonly lines: string[] = [];
  readonly end: Promise<[code: number | null, signal: NodeJS.Signals | null]>;

  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    this.end = once(child, 'close') as PageApplication['end'];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
  }

  /**
   * Starts it, in a folder without the files that it has written before, and waits until it listens.
   *
   * @param name of the page, such as `work`; `work-control` for what the page warns of
   */
  static async start(
    nestMajor: 11 | 12,
    name: string,
    settings: { readonly env?: Record<string, string>; readonly keep?: readonly string[] } = {},
  ): Promise<PageApplication> {
    const cache = fileURLToPath(new URL('../.cache/', import.meta.url));
    const folder = join(cache, `pages-${nestMajor}`, name);
    for (const file of WRITTEN) {
      if (!settings.keep?.includes(file)) rmSync(join(folder, file), { force: true });
    }
    const port = await freePort();
    const { KUBERNETES_SERVICE_HOST: _, ...env } = process.env;
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: folder,
      env: { ...env, NO_COLOR: '1', PORT: String(port), ...settings.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const application = new PageApplication(folder, child, port);
    await application.listening();
    return application;
  }

  get output(): string {
    return this.lines.join('\n');
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.child.kill(signal);
  }

  /** What the application has written into a file of its folder. */
  written(file: string): string[] {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  private async listening(): Promise<void> {
    let ended = false;
    void this.end.then(() => (ended = true));
    // Nest says that it has started before it listens.
    while (!(await this.accepts())) {
      if (ended) throw new Error(this.output);
      await sleep(10);
    }
  }

  private accepts(): Promise<boolean> {
    const socket = connect(this.port, '127.0.0.1');
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    }).finally(() => socket.destroy()) as Promise<boolean>;
  }
}

/** The files that applications of the pages write, beside what is printed. */
const WRITTEN = ['imported.txt', 'left.txt', 'jobs.txt', 'metrics.json'];
