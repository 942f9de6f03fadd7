import { clearTimeout, setTimeout } from 'node:timers';
import { performance } from 'node:perf_hooks';
import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './listen.js';

export type ReplicaState = 'starting' | 'ready' | 'terminating' | 'gone';

export interface FollowOptions {
  name: string;
  /** Asked for readiness; `null` takes it for ready when it accepts connections. @default '/health/ready' */
  readyPath?: string | null;
  /** How often readiness is asked for, until the very end, as a kubelet does; `Infinity` for never. @default 1000 */
  probeEveryMs?: number;
  /** @default 30000 */
  readyWithinMs?: number;
}

export interface ReplicaOptions extends FollowOptions {
  /** The compiled program. Run by `node` itself: behind a shell or `nest start` the signal would not reach it. */
  script: string;
  /** Options of `node`, before the program. */
  nodeOptions?: string[];
  /** Added to a copy of this process' environment, together with PORT. */
  env?: Record<string, string>;
  /** Told of the process, so that somebody can clean up after us. */
  onSpawn?: (child: ChildProcess) => void;
}

export interface LogLine {
  at: number;
  text: string;
}

export interface ReplicaExit {
  name: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Had to be killed when its grace period was over. */
  killed: boolean;
  /** From SIGTERM to the end of the process. */
  seconds: number;
  /** From SIGTERM to the first probe that was not answered with 200. */
  notReadyAfterSeconds?: number;
}

/** One instance of the app as a real process. */
export class Replica {
  readonly name: string;
  readonly log: LogLine[] = [];
  state: ReplicaState = 'starting';
  terminatedAt?: number;
  /** Whether it was killed at the end of its grace period. */
  wasKilled = false;
  private notReadyAt?: number;
  private exitedAt = 0;
  private readonly exited: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly options: FollowOptions,
  ) {
    this.name = options.name;
    for (const stream of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: stream }).on('line', (text) =>
        this.log.push({ at: performance.now(), text }),
      );
    }
    this.exited = new Promise((resolve) => {
      const gone = (): void => {
        this.state = 'gone';
        this.exitedAt = performance.now();
        resolve();
      };
      child.once('exit', gone);
      child.once('error', gone);
    });
  }

  /** Resolves when the replica is ready. */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const port = await freePort();
    const child = spawn(process.execPath, [...(options.nodeOptions ?? []), options.script], {
      env: { ...process.env, NO_COLOR: '1', ...options.env, PORT: String(port) },
      detached: true, // Ctrl-C in a terminal is for us; whether and when a replica gets a signal is our decision
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    options.onSpawn?.(child);
    return Replica.follow(child, port, options);
  }

  /** The same for a process that somebody else has started, its output in pipes. */
  static async follow(child: ChildProcess, port: number, options: FollowOptions): Promise<Replica> {
    const replica = new Replica(child, port, options);
    await replica.becomeReady();
    void replica.keepProbing();
    return replica;
  }

  /** SIGTERM, and SIGKILL if it still runs when its grace period is over. Resolves when the process has ended. */
  async terminate(graceMs: number): Promise<ReplicaExit> {
    this.state = 'terminating';
    this.terminatedAt = performance.now();
    const timer = setTimeout(() => (this.wasKilled = this.child.kill('SIGKILL')), graceMs);
    this.child.kill('SIGTERM');
    await this.exited;
    clearTimeout(timer);
    return {
      name: this.name,
      code: this.child.exitCode,
      signal: this.child.signalCode,
      killed: this.wasKilled,
      seconds: (this.exitedAt - this.terminatedAt) / 1_000,
      notReadyAfterSeconds: this.notReadyAt && (this.notReadyAt - this.terminatedAt) / 1_000,
    };
  }

  private async becomeReady(): Promise<void> {
    const { readyWithinMs = 30_000 } = this.options;
    const giveUpAt = performance.now() + readyWithinMs;
    while (!(await this.probe())) {
      if (this.hasExited)
        throw new Error(`${this.name} ended before it was ready:\n${this.lastWords()}`);
      if (performance.now() > giveUpAt) {
        throw new Error(
          `${this.name} was not ready after ${readyWithinMs / 1_000} s:\n${this.lastWords()}`,
        );
      }
      await sleep(50);
    }
    this.state = 'ready';
  }

  private async keepProbing(): Promise<void> {
    const { probeEveryMs = 1_000 } = this.options;
    if (probeEveryMs === Infinity) return;
    for (;;) {
      await Promise.race([sleep(probeEveryMs, undefined, { ref: false }), this.exited]);
      if (this.hasExited) return;
      const ready = await this.probe();
      if (!ready && this.terminatedAt !== undefined && this.notReadyAt === undefined) {
        this.notReadyAt = performance.now();
      }
    }
  }

  private probe(): Promise<boolean> {
    const { readyPath = '/health/ready' } = this.options;
    if (readyPath === null) return accepts(this.port);
    return new Promise((resolve) => {
      const probing = get(
        { host: '127.0.0.1', port: this.port, path: readyPath, agent: false, timeout: 1_000 },
        (answer) => {
          answer.resume();
          answer.on('error', () => undefined);
          resolve(answer.statusCode === 200);
        },
      );
      probing.on('timeout', () => probing.destroy());
      probing.on('error', () => resolve(false));
    });
  }

  private get hasExited(): boolean {
    return this.state === 'gone';
  }

  private lastWords(): string {
    return this.log
      .slice(-15)
      .map((line) => `  ${line.text}`)
      .join('\n');
  }
}

/** Whether anybody listens there. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
