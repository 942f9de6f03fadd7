import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { JOB_VARIABLE, MESSAGE_FD, type Job, type Message } from './job.js';

export interface StartedEntry {
  readonly child: ChildProcess;
  /** Everything that it has printed until now. */
  readonly said: () => string;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the program is given. */
  readonly args?: readonly string[];
  /** In a process group of its own, so that Ctrl-C in a terminal leaves it to us. @default false */
  readonly detached?: boolean;
  readonly onMessage: (message: Message) => void;
}

/** So much of what it prints is kept, in characters: the end says what went wrong. */
const KEPT = 20_000;

/** Starts the program of an application with the preload, or without one when there is no job for it. */
export function startEntry(
  file: string,
  job: Job | 'as it is',
  { cwd, env, args = [], detached = false, onMessage }: StartOptions,
): StartedEntry {
  const preload = job === 'as it is' ? './ports.js' : './preload.js';
  const child = spawn(
    process.execPath,
    ['--import', new URL(preload, import.meta.url).href, file, ...args],
    {
      cwd,
      detached,
      env: job === 'as it is' ? env : { ...env, [JOB_VARIABLE]: JSON.stringify(job) },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said = `${said}${String(chunk)}`.slice(-KEPT)));
  }
  const messages = createInterface({ input: child.stdio[MESSAGE_FD] as Readable });
  messages.on('line', (line) => onMessage(JSON.parse(line) as Message));
  return { child, said: () => said };
}
