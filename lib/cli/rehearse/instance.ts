import { clearTimeout, setTimeout } from 'node:timers';
import type { ChildProcess } from 'node:child_process';
import type { Job, Message, Route } from '../entry/job.js';
import { startEntry } from '../entry/start.js';

/** An application that could not be started: said with what it has printed, exit code 2. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** An instance of the application that serves. */
export interface Instance {
  readonly child: ChildProcess;
  readonly port: number;
  /** The port that the application has asked for. */
  readonly wanted: number;
  /** With the preload: its routes, and whether it did not have the module. */
  readonly routes: readonly Route[];
  readonly added: boolean;
}

export interface InstanceOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** With the module, which is added if it is not there, or as it is. */
  readonly job: Job | 'as it is';
  /** The port that the application's own server asks for, when that is known. */
  readonly wanted?: number;
  readonly readyWithinMs: number;
  readonly onSpawn: (child: ChildProcess) => void;
}

/**
 * Starts one, and resolves when it listens.
 *
 * @throws {StartError} when it ends before, or takes too long
 */
export function startInstance(options: InstanceOptions): Promise<Instance> {
  const { file, args, cwd, env, job, wanted, readyWithinMs, onSpawn } = options;
  const ports = new Map<number, number>(); // the one it has, to the one it has asked for
  let added = false;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(limit);
      reject(new StartError(`${said().trimEnd()}\n\n${file} ${why}`));
    };
    const serves = (port: number, routes: readonly Route[]) => {
      clearTimeout(limit);
      resolve({ child, port, wanted: ports.get(port) ?? port, routes, added });
    };
    const onMessage = (message: Message) => {
      if (message.event === 'created') added ||= message.added;
      if (message.event === 'failed') fail(`could not be followed: ${message.message}`);
      if (message.event === 'serving') serves(message.port, message.routes);
      if (message.event !== 'listening') return;
      ports.set(message.port, message.wanted);
      if (job === 'as it is' && message.wanted === wanted) serves(message.port, []);
    };
    const { child, said } = startEntry(file, job, { cwd, env, args, onMessage, detached: true });
    onSpawn(child);
    child.once('exit', (code, signal) => fail(`ended (${signal ?? code}) before it listened`));
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not listen within ${readyWithinMs / 1_000} s`);
    }, readyWithinMs);
  });
}
