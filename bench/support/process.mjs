import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { at } from '../../test/support/prepare/folders.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => process.exit(code));
}

/** Whatever ends this process ends that one, too. */
export function keepTrackOf(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** A child process and what it has told, one JSON object on a line. */
export class Program {
  /** @type {Fact[]} */
  facts = [];
  #log = '';
  #listeners = new Set();

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    keepTrackOf(child);
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
    createInterface({ input: child.stderr }).on('line', (line) => (this.#log += `${line}\n`));
    /** @type {Promise<Exit>} */
    this.exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ at: performance.now(), code, signal });
        for (const listener of this.#listeners) listener();
      });
    });
  }

  /**
   * Starts one of bench/apps and resolves when it listens.
   *
   * @param {string} name
   * @param {{ env?: Record<string, string>, execArgv?: string[] }} [options]
   */
  static async startApp(name, { env = {}, execArgv = [] } = {}) {
    const program = new Program(
      fork(at(`bench/.cache/apps/${name}.js`), {
        env: { ...ownEnvironment(), NO_COLOR: '1', ...env },
        execArgv,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
    await program.fact('listening');
    return program;
  }

  /** Starts a client of bench/support. */
  static startClient(name) {
    return new Program(
      fork(at(`bench/support/${name}.mjs`), { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }),
    );
  }

  /** Starts a program of bench/messages. */
  static startMessages(name, env = {}) {
    const { NATS_URL, RABBITMQ_URL, REDIS_URL } = process.env;
    const servers = Object.fromEntries(
      Object.entries({ NATS_URL, RABBITMQ_URL, REDIS_URL }).filter(([, url]) => url),
    );
    return new Program(
      fork(at(`bench/.cache/messages/${name}.js`), {
        env: { ...ownEnvironment(), NO_COLOR: '1', ...servers, ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
  }

  get port() {
    return this.facts.find(({ event }) => event === 'listening').port;
  }

  /** Sends a message and resolves with the answer to it. */
  ask(message) {
    return new Promise((resolve, reject) => {
      this.child.once('message', resolve);
      this.child.send(message, (error) => error && reject(error));
    });
  }

  /** The first fact of this kind, now or when it comes. */
  fact(event) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.facts.find((fact) => fact.event === event);
        if (found) resolve(found);
        else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          reject(new Error(`ended without telling "${event}":\n${this.#log}`));
        } else return;
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Sends SIGTERM; kills what has not ended in time. */
  async terminate(withinMs) {
    const sentAt = performance.now();
    let killed = false;
    const timer = setTimeout(() => (killed = this.child.kill('SIGKILL')), withinMs);
    this.child.kill('SIGTERM');
    const exit = await this.exit;
    clearTimeout(timer);
    return { ...exit, sentAt, killed };
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  #read(line) {
    if (line.startsWith('{')) this.facts.push(JSON.parse(line));
    else this.#log += `${line}\n`;
    for (const listener of this.#listeners) listener();
  }
}

/** Nothing of what starts the benchmark is to be taken for a platform or a setting by what it starts. */
export function ownEnvironment() {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR };
}

/** @typedef {{ event: string, [key: string]: any }} Fact */
/** @typedef {{ at: number, code: number | null, signal: string | null }} Exit */
