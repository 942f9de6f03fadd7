import type { ChildProcess } from 'node:child_process';
import { Replica, type ReplicaExit } from './rig/replica.js';

/** What `startProcess()` runs. */
export interface StartProcessOptions {
  /** The built program, such as `dist/main.js`. Run by `node` itself: behind a shell no signal would reach it. */
  readonly script: string;
  /** Options of `node`, before the program. */
  readonly nodeOptions?: readonly string[];
  /** Added to a copy of this process' environment, together with `PORT`, where the program has to listen. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asked for readiness; `null` takes it for ready when it accepts connections. Default `/health/ready`. */
  readonly readyPath?: string | null;
  /** How long that may take, in milliseconds. Default 30000. */
  readonly readyWithinMs?: number;
}

/** How such a process has ended. */
export interface ProcessExit {
  /** Null when a signal has ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was over its grace period, and has been killed. */
  readonly killed: boolean;
  /** From SIGTERM to its end, in milliseconds. */
  readonly ms: number;
}

/**
 * An application as a real process, which gets real signals. Killed when it goes out of scope by `await using`.
 *
 * @publicApi
 */
export class StartedProcess implements AsyncDisposable {
  private ending?: Promise<ReplicaExit>;

  /** @internal */
  constructor(
    private readonly replica: Replica,
    private readonly child: ChildProcess,
  ) {}

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Such as `http://127.0.0.1:40123`. */
  get url(): string {
    return `http://127.0.0.1:${this.replica.port}`;
  }

  /** Every line that it has printed so far. */
  get output(): string[] {
    return this.replica.log.map(({ text }) => text);
  }

  /** @param signal sent to it, and nothing else done */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when it still runs after the grace period, as platforms do. Resolves when it has ended. */
  async stop({ graceMs = 30_000 }: { readonly graceMs?: number } = {}): Promise<ProcessExit> {
    this.ending ??= this.replica.terminate(graceMs);
    const { code, signal, killed, seconds } = await this.ending;
    return { code, signal, killed, ms: Math.round(seconds * 1_000) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.stop();
  }
}

/**
 * Starts a built application as a real process, on a free port that it is told by `PORT`. Resolves when it is ready.
 *
 * @throws Error with its last lines, when it ends before that, or is not ready in time
 * @publicApi
 */
export async function startProcess(options: StartProcessOptions): Promise<StartedProcess> {
  let child: ChildProcess | undefined;
  try {
    const replica = await Replica.start({
      name: options.script,
      script: options.script,
      nodeOptions: [...(options.nodeOptions ?? [])],
      env: { ...options.env },
      readyPath: options.readyPath,
      readyWithinMs: options.readyWithinMs,
      probeEveryMs: Infinity,
      onSpawn: (spawned) => (child = spawned),
    });
    return new StartedProcess(replica, child as ChildProcess);
  } catch (error) {
    child?.kill('SIGKILL');
    throw error;
  }
}
