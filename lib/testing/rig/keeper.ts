import { clearTimeout, setTimeout } from 'node:timers';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** How long a process may take to end when it is told to, before it is killed. */
const PATIENCE_MS = 5_000;

/**
 * Knows every process and directory this run has made outside its own memory, and takes them away again.
 * A second process holds the same list and does the same should this one die without a chance to (see reaper.ts).
 */
export class Keeper {
  private readonly processes = new Map<ChildProcess, NodeJS.Signals>();
  private readonly directories = new Set<string>();
  private readonly actions: (() => Promise<void>)[] = [];
  private cleaned?: Promise<void>;
  private readonly reaper: ChildProcess;

  constructor() {
    this.reaper = spawn(
      process.execPath,
      [fileURLToPath(new URL('./reaper.js', import.meta.url))],
      {
        detached: true, // Ctrl-C in a terminal goes to the whole group, and the reaper has to outlive it
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    this.reaper.unref();
    this.reaper.stdin?.on('error', () => undefined);
  }

  /** The child was spawned `detached`, so that Ctrl-C in a terminal leaves it to us. */
  process(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
    if (child.pid === undefined) return; // it never started; its 'error' event says why
    const { pid } = child;
    if (this.cleaned) {
      child.kill('SIGKILL'); // somebody had not heard yet that it is over
      return;
    }
    this.processes.set(child, signal);
    this.tell({ process: pid, signal });
    child.once('exit', () => {
      this.processes.delete(child);
      this.tell({ gone: pid });
    });
  }

  directory(path: string): void {
    this.directories.add(path);
    this.tell({ directory: path });
  }

  /** Something else to undo, once no process is left. */
  action(undo: () => Promise<void>): void {
    this.actions.push(undo);
  }

  clean(): Promise<void> {
    return (this.cleaned ??= this.cleanOnce());
  }

  private async cleanOnce(): Promise<void> {
    await Promise.all([...this.processes].map(([child, signal]) => end(child, signal)));
    await Promise.allSettled(this.actions.map((undo) => undo()));
    await Promise.all(
      [...this.directories].map((path) => rm(path, { recursive: true, force: true })),
    );
    this.reaper.stdin?.end();
  }

  private tell(entry: ReaperEntry): void {
    this.reaper.stdin?.write(`${JSON.stringify(entry)}\n`);
  }
}

export type ReaperEntry =
  { process: number; signal: NodeJS.Signals } | { gone: number } | { directory: string };

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await exited;
  clearTimeout(timer);
}
