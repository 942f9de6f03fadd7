import { transformFile } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { esm, FolderBesideNest } from '../beside-nest.js';
import type { Told } from './program.js';

/** A folder with the compiled program of this one. */
export async function folderOfProgram(): Promise<FolderBesideNest> {
  const { code } = await transformFile(fileURLToPath(new URL('program.ts', import.meta.url)), esm);
  return FolderBesideNest.make({ 'program.js': code });
}

/** The program as a process: what it tells is kept, and can be waited for. */
export class AppProcess {
  readonly told: Told[] = [];
  /** When it has ended and all that it told is here. */
  readonly end: Promise<void>;
  isRunning = true;
  private readonly child: ChildProcess;
  private said = '';

  constructor(folder: FolderBesideNest, settings: object) {
    this.child = spawn(process.execPath, ['program.js'], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], SETTINGS: JSON.stringify(settings) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.on('message', (told: Told) => this.told.push(told));
    this.child.stderr?.on('data', (text: Buffer) => (this.said += String(text)));
    const ends = ['close', 'disconnect'].map((event) => once(this.child, event));
    this.end = Promise.all(ends).then(() => void (this.isRunning = false));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  names(what: Told['what']): string[] {
    return this.told.filter((told) => told.what === what).map(({ name }) => name);
  }

  /** What has begun and is not over. */
  get running(): string[] {
    const stored = new Set(this.names('stored'));
    return this.names('begun').filter((name) => !stored.has(name));
  }

  /** Resolves as soon as it has told so much that the condition holds; fails when it ends before. */
  async until(what: string, condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (!this.isRunning) throw new Error(`the application ended before ${what}:\n${this.said}`);
      await Promise.race([once(this.child, 'message'), this.end]);
    }
  }

  async step(name: string): Promise<void> {
    await this.until(name, () => this.names('step').includes(name));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.end;
  }
}
