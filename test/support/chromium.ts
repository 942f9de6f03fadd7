import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Lines } from './lines.js';
import type { Service } from './services.js';

export const chromiumPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) =>
    ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)),
  )
  .find((file) => existsSync(file));

export const chromium: Service = {
  name: 'Chromium',
  available: chromiumPath !== undefined,
  hint: 'Install it, such as by `apt-get install chromium`.',
};

export const chromiumFlags = [
  '--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync --disable-quic',
  '--enable-logging=stderr',
].flatMap((line) => line.split(' '));

/** A page in a real browser, seen by what it says on its console. */
export class Page {
  readonly console = new Lines('the page');

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => this.read(line));
    }
  }

  static async open(url: string): Promise<Page> {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const args = [...chromiumFlags, `--user-data-dir=${profile}`, url];
    // A group of its own, for a browser is many processes, and one folder for all that it leaves behind.
    const child = spawn(chromiumPath ?? '', args, {
      detached: true,
      env: { ...process.env, TMPDIR: profile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Page(child, profile);
  }

  async close(): Promise<void> {
    const closed = once(this.child, 'close');
    process.kill(-(this.child.pid ?? 0), 'SIGKILL');
    await closed;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }

  /** `[4711:4711:1124/004548.123456:INFO:CONSOLE:12] "text", source: http://… (12)` */
  private read(line: string): void {
    const [, text] = /CONSOLE.*?\] "(.*)", source: /.exec(line) ?? [];
    if (text !== undefined) this.console.add(text);
  }
}
