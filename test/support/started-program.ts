import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { programPath } from './programs.js';

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the first signal to the end, in milliseconds. */
  readonly ms: number;
}

/** A line of JSON that a program has printed. */
export type ProgramEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** An answer, or how there was none. */
export interface ProgramAnswer {
  readonly status?: number;
  readonly connection?: string;
  readonly body?: string;
  readonly error?: string;
}

/** What a program is started with, besides its own settings. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What runs the program, instead of this Node. */
  readonly command?: readonly string[];
  /** Put before the command, such as `unshare --pid`. */
  readonly wrapper?: readonly string[];
  /** On a terminal of its own (`script` of util-linux), at which one can press keys. */
  readonly terminal?: boolean;
}

const STREAMS = ['stdout', 'stderr'] as const;

const started = new Set<StartedProgram>();

/** A program of test/programs as a real process. Everything it prints is kept; everything can be awaited. */
export class StartedProgram {
  readonly events: ProgramEvent[] = [];
  readonly log: string[] = [];
  readonly end: Promise<ProgramEnd>;
  /** As `end`, and sooner: what it has printed may still be in the pipe. */
  readonly exit: Promise<ProgramEnd>;
  private readonly child: ChildProcess;
  private signalledAt?: number;
  private wake: () => void = () => undefined;
  private over = false;

  constructor(nestMajor: 11 | 12, name: string, settings: object, options: StartOptions = {}) {
    const runtime = options.command ?? [process.execPath];
    const [command, ...args] = wrapped([...runtime, programPath(nestMajor, name)], options);
    this.child = spawn(command, args, {
      env: {
        ...withoutPlatform(process.env),
        NO_COLOR: '1',
        PROGRAM: JSON.stringify(settings),
        ...options.env,
      },
      stdio: [
        options.terminal ? 'pipe' : 'ignore',
        ...['pipe' as const, 'pipe' as const],
        options.wrapper || options.terminal || options.command ? 'ignore' : 'ipc',
      ],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.read(line));
    }
    const endOf = ([code, signal]: [ProgramEnd['code'], ProgramEnd['signal']]): ProgramEnd => {
      return { code, signal, ms: Date.now() - (this.signalledAt ?? Date.now()) };
    };
    type End = [ProgramEnd['code'], ProgramEnd['signal']];
    this.exit = once(this.child, 'exit').then((end) => endOf(end as End));
    // 'close', not 'exit': the last lines may still be in the pipe.
    this.end = once(this.child, 'close').then((end) => {
      this.over = true;
      started.delete(this);
      this.wake();
      return endOf(end as End);
    });
    started.add(this);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The first event of this name, as soon as there is one; fails when the program ends without. */
  async event(name: string): Promise<ProgramEvent> {
    return this.until(`event ${name}`, () => this.events.find(({ event }) => event === name));
  }

  /** Resolves when there have been so many events of this name. */
  async count(name: string, count: number): Promise<void> {
    await this.until(`${count} times event ${name}`, () => {
      return this.events.filter(({ event }) => event === name).length >= count ? true : undefined;
    });
  }

  /** The first line that matches, as soon as there is one. */
  async line(pattern: RegExp): Promise<string> {
    return this.until(`line ${pattern}`, () => this.log.find((line) => pattern.test(line)));
  }

  /** The names of all events so far. */
  names(): string[] {
    return this.events.map(({ event }) => event);
  }

  signal(signal: NodeJS.Signals, pid = this.pid): void {
    this.signalledAt ??= Date.now();
    process.kill(pid, signal);
  }

  /** A real Ctrl-C, for a program on a terminal: its driver sends SIGINT. */
  pressCtrlC(): void {
    this.signalledAt ??= Date.now();
    this.child.stdin?.write('\x03');
  }

  send(message: string): void {
    this.child.send(message);
  }

  /** Nobody reads what it prints any more, as when a log shipper has ended. */
  closeOutput(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }

  /** Reads nothing of what it prints for a while, as a log shipper that is behind. */
  pauseOutput(...streams: ReadonlyArray<'stdout' | 'stderr'>): void {
    for (const name of streams.length > 0 ? streams : STREAMS) this.child[name]?.pause();
  }

  resumeOutput(): void {
    for (const name of STREAMS) this.child[name]?.resume();
  }

  /** A keep-alive connection that has had one answer, and stays. */
  async idleConnection(path: string): Promise<Socket> {
    const { port } = await this.event('listening');
    const socket = connect(port as number, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    await once(socket, 'data');
    return socket.resume();
  }

  /** One request on a connection of its own. */
  async get(path: string, port?: number): Promise<ProgramAnswer> {
    const to = port ?? ((await this.event('listening'))['port'] as number);
    return new Promise((resolve) => {
      const outgoing = request({ host: '127.0.0.1', port: to, path, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += String(chunk)));
        response.on('error', (error) => resolve({ error: error.message }));
        response.on('end', () => {
          const { statusCode: status, headers } = response;
          resolve({ status, connection: headers.connection, body });
        });
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ error: error.code ?? error.message }),
      );
      outgoing.end();
    });
  }

  /** The last line of this package's logger. */
  get lastWord(): string {
    return this.log.filter((line) => line.includes('[Graceful]')).at(-1) ?? '';
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private read(line: string): void {
    if (line.startsWith('{"event"')) this.events.push(JSON.parse(line) as ProgramEvent);
    else this.log.push(line);
    this.wake();
  }

  /** What `find` finds, as soon as it does; asked again whenever the program has printed something. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.over) {
        throw new Error(`the program ended without ${what}; it said\n${this.said()}`);
      }
      await new Promise<void>((resolve) => {
        const before = this.wake;
        this.wake = () => {
          before();
          resolve();
        };
      });
    }
  }

  private said(): string {
    return [...this.events.map((event) => JSON.stringify(event)), ...this.log].join('\n');
  }
}

/** For `afterEach`: a failed test leaves no process behind. */
export async function killStarted(): Promise<void> {
  const left = [...started];
  for (const program of left) program.kill();
  await Promise.all(left.map(({ end }) => end));
}

function wrapped(command: readonly string[], { wrapper, terminal }: StartOptions): string[] {
  if (!terminal) return [...(wrapper ?? []), ...command];
  // exec: script runs $SHELL, and a dash that waits for its child tells its own Ctrl-C (130), not the child's end.
  return ['script', '-qec', `exec ${command.map((word) => `'${word}'`).join(' ')}`, '/dev/null'];
}

/** The machine that runs the tests may itself be a pod. */
function withoutPlatform(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const platform = /^(KUBERNETES_|ECS_|K_|DYNO|NOMAD_|SYSTEMD_|NOTIFY_|GRACEFUL_GRACE)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !platform.test(name)));
}
