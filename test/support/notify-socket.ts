import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.js';

/** Receives as systemd does: prints each message, and closes the file descriptor of a barrier, which is its answer. */
const READER = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('"listening"', flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 65536, 4)
    for fd in fds: os.close(fd)
    print(json.dumps(data.decode()), flush=True)
`;

/** What a test of the socket of systemd needs; Node has no datagram sockets of Unix domains. */
export const notifyTools = {
  name: 'systemd-notify',
  available: ['systemd-notify', 'python3'].every(
    (program) => spawnSync(program, ['--version']).status === 0,
  ),
  hint: 'systemd-notify and python3',
};

/** The socket that systemd gives to a unit with Type=notify. */
export class NotifySocket {
  /** The assignments that have come, such as `READY=1`, in order; without barriers. */
  readonly said: string[] = [];

  private constructor(
    readonly path: string,
    private readonly folder: string,
    private readonly reader: ChildProcess,
  ) {}

  static async open(): Promise<NotifySocket> {
    const folder = mkdtempSync(join(tmpdir(), 'notify-'));
    const path = join(folder, 'socket');
    const reader = spawn('python3', ['-c', READER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const socket = new NotifySocket(path, folder, reader);
    const lines = createInterface({ input: reader.stdout });
    let listens = false;
    lines.on('line', (line) => {
      const text = JSON.parse(line) as string;
      if (!listens) listens = true;
      else socket.said.push(...text.split('\n').filter((one) => one !== '' && one !== 'BARRIER=1'));
    });
    await eventually('the socket', () => listens);
    return socket;
  }

  async heard(assignment: string, times = 1): Promise<void> {
    await eventually(assignment, () => {
      return this.said.filter((one) => one === assignment).length >= times;
    });
  }

  async close(): Promise<void> {
    const ended = once(this.reader, 'close');
    this.reader.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
