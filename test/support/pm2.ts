import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from './services.js';

const bin = fileURLToPath(new URL('../.cache/pm2/node_modules/pm2/bin/pm2', import.meta.url));

/** PM2 itself, from npm. */
export const PM2: Service = {
  name: 'PM2',
  available: existsSync(bin),
  hint: 'Remove test/.cache/pm2.sha256 and run `npm run prepare:tests`, with a network.',
};

/** An application as in ecosystem.config.js. */
export interface Pm2App {
  readonly name: string;
  readonly script: string;
  readonly namespace?: string;
  readonly exec_mode?: 'fork' | 'cluster';
  readonly instances?: number;
  readonly kill_timeout?: number;
  readonly wait_ready?: boolean;
  readonly listen_timeout?: number;
  readonly shutdown_with_message?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A PM2 with a daemon of its own, in a home of its own. `end()` leaves nothing of it. */
export class Pm2 {
  private readonly home = mkdtempSync(join(tmpdir(), 'pm2-'));

  /** Resolves when `pm2 start` has returned: with `wait_ready`, when all have said that they are ready. */
  async start(apps: readonly Pm2App[]): Promise<void> {
    const file = join(this.home, 'ecosystem.config.json');
    const told = apps.map((app) => ({
      ...app,
      interpreter: process.execPath,
      autorestart: false,
      merge_logs: true,
      out_file: this.log(app.name),
      error_file: this.log(app.name),
    }));
    writeFileSync(file, JSON.stringify({ apps: told }));
    await this.run('start', file);
  }

  /** Any other command. */
  run(...args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [bin, ...args], { env: this.env() }, (error, stdout, stderr) => {
        if (error) reject(new Error(`pm2 ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
  }

  /** All that an application has printed so far, in all its processes. */
  said(name: string): string {
    return readIfThere(this.log(name));
  }

  /** What PM2 itself has noted. */
  get notes(): string {
    return readIfThere(join(this.home, 'pm2.log'));
  }

  async end(): Promise<void> {
    await this.run('kill');
    rmSync(this.home, { recursive: true, force: true });
  }

  private log(name: string): string {
    return join(this.home, `${name}.txt`);
  }

  /** None of the settings of who runs the tests. */
  private env(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !/^(PM2_|pm_)/.test(name));
    return { ...Object.fromEntries(others), PM2_HOME: this.home, NO_COLOR: '1' };
  }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
