import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import type { Server } from 'node:net';
import { fileDescriptorOf } from './node-internals.js';

/**
 * About one line. The kernel writes no more of the table than it is asked for, and for what stands behind the last listener
 * it goes through the connections of the whole host.
 */
const CHUNK_BYTES = 150;
const LISTENING = '0A';

/**
 * How many connections wait in the kernel for a listener to accept them (proc_net_tcp of the Linux kernel: `rx_queue` of a
 * socket that listens). Undefined where that can't be seen: on other systems, and for Unix domain sockets.
 */
export function backlogOf(server: Server): number | undefined {
  const address = server.address();
  if (address === null || typeof address === 'string') return undefined;
  const port = address.port.toString(16).toUpperCase().padStart(4, '0');
  const table = address.family === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp';
  return waitingOn(port, table, inodeOf(server));
}

/**
 * The table has the sockets that listen before all others. Without an inode, all listeners on the port count: workers of a
 * cluster do not know the socket that they share.
 */
function waitingOn(port: string, table: string, ours: string | undefined): number | undefined {
  let found: number | undefined;
  for (const line of linesOf(table)) {
    // `0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 6667 …`
    const [, local, , state, queues, , , , , inode] = line.trim().split(/\s+/);
    if (state !== LISTENING) return found;
    if (!local?.endsWith(`:${port}`)) continue;
    const waiting = parseInt(queues?.slice(9) ?? '0', 16);
    if (inode === ours) return waiting;
    found = (found ?? 0) + waiting;
  }
  return found;
}

/** By which the table names the socket of a server. */
function inodeOf(server: Server): string | undefined {
  const descriptor = fileDescriptorOf(server);
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  } catch {
    return undefined; // not Linux, or no socket of its own
  }
}

/** Line by line, because a busy host has a hundred thousand of them. Without the heading. */
function* linesOf(table: string): Generator<string> {
  let file: number | undefined;
  try {
    file = openSync(table, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    let heading = true;
    for (;;) {
      const length = readSync(file, chunk);
      if (length === 0) return;
      const lines = `${rest}${chunk.toString('latin1', 0, length)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!heading) yield line;
        heading = false;
      }
    }
  } catch {
    // not Linux, or not to be read
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
