import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distance } from './distance.js';
import { freePort, type Listener } from './listen.js';
import type { Keeper } from './keeper.js';
import type { Proxy } from './proxy.js';

export interface HaproxyOptions {
  delayMs: number;
  /** How many replicas it will ever be told of; HAProxy wants its servers configured before it starts. */
  slots: number;
  keeper: Keeper;
}

/** HAProxy over HTTP: keep-alive on both sides, a pool of connections to the replicas, no retries, no redispatch. */
export class Haproxy implements Proxy {
  readonly name = 'HAProxy';
  private readonly slots = new Map<string, number>();
  private readonly distances: Listener[] = [];

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly socketPath: string,
    private readonly delayMs: number,
  ) {}

  static isInstalled(): boolean {
    return spawnSync('haproxy', ['-v']).status === 0;
  }

  static async start({ delayMs, slots, keeper }: HaproxyOptions): Promise<Haproxy> {
    const directory = await mkdtemp(join(tmpdir(), 'rolling-deploy-haproxy-'));
    keeper.directory(directory);
    const socketPath = join(directory, 'admin.sock');
    const configPath = join(directory, 'haproxy.cfg');
    const port = await freePort();
    await writeFile(configPath, configuration(port, slots, socketPath));

    const child = spawn('haproxy', ['-db', '-f', configPath], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    keeper.process(child, 'SIGTERM');
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const proxy = new Haproxy(`http://127.0.0.1:${port}`, child, socketPath, delayMs);
    await proxy.started(() => complaints);
    return proxy;
  }

  async add(replica: string, port: number): Promise<void> {
    const slot = this.slots.size + 1;
    this.slots.set(replica, slot);
    const wire = await distance(port, this.delayMs);
    this.distances.push(wire);
    await this.command(`set server replicas/slot${slot} addr 127.0.0.1 port ${wire.port}`);
    await this.command(`set server replicas/slot${slot} state ready`);
  }

  async remove(replica: string): Promise<void> {
    await this.command(`set server replicas/slot${this.slots.get(replica)} state maint`);
  }

  async close(): Promise<void> {
    const running = this.child.exitCode === null && this.child.signalCode === null;
    if (running && this.child.kill('SIGTERM')) await once(this.child, 'exit');
    await Promise.all(this.distances.map((wire) => wire.close()));
  }

  private async started(complaints: () => string): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (this.child.exitCode !== null) break;
      try {
        await this.command('show info');
        return;
      } catch {
        await sleep(20);
      }
    }
    throw new Error(`HAProxy did not start: ${complaints()}`);
  }

  /** The runtime API: one command for each connection, an answer, the end. */
  private async command(line: string): Promise<string> {
    const socket = connect(this.socketPath);
    socket.end(`${line}\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    if (/unknown|error|can't|invalid|no such/i.test(answer) && line !== 'show info') {
      throw new Error(`HAProxy refused "${line}": ${answer.trim()}`);
    }
    return answer;
  }
}

function configuration(port: number, slots: number, socketPath: string): string {
  return `global
  stats socket ${socketPath} mode 600 level admin
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  option http-keep-alive
  retries 0
  no option redispatch
frontend clients
  bind 127.0.0.1:${port}
  default_backend replicas
backend replicas
  balance roundrobin
  default-server pool-purge-delay 2s
  server-template slot 1-${slots} 127.0.0.1:1 disabled
`;
}
