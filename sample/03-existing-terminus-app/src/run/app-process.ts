import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** As the app would find it in a pod whose `terminationGracePeriodSeconds` is 6: short, so that you need not wait. */
const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', GRACEFUL_GRACE_PERIOD_MS: '6000' };

/** The app as a process of its own: `node dist/main.js`, as in a container. */
export class AppProcess {
  /** How it ended, when it did. */
  readonly ended: Promise<string>;
  /** Where it listens; fails when it ends before. */
  readonly url: Promise<string>;
  private readonly child;
  private readonly lines: string[] = [];

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...POD, NO_COLOR: '1', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => this.child.kill('SIGKILL')); // whatever happens to us
    this.ended = once(this.child, 'close').then(([code, signal]) => signal ?? `code ${code}`);
    const listening = new Promise<string>((resolve) => {
      for (const input of [this.child.stdout, this.child.stderr]) {
        createInterface({ input }).on('line', (line) => {
          this.lines.push(line);
          const [, url] = /listening on (\S+)/.exec(line) ?? [];
          if (url) resolve(url);
        });
      }
    });
    const tooEarly = this.ended.then((end) => {
      throw new Error(`the app ended with ${end}:\n${this.lines.join('\n')}`);
    });
    this.url = Promise.race([listening, tooEarly]);
    this.url.catch(() => undefined); // whoever awaits it hears of it
  }

  terminate(): void {
    this.child.kill('SIGTERM');
  }
}
