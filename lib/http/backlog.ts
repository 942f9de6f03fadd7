import { closeSync, openSync, readSync } from 'node:fs';
import type { Server } from 'node:net';

/** Linux gives a page at a time. */
const CHUNK_BYTES = 4_096;
const LISTENING = '0A';

/**
 * How many connections wait in the kernel for a listener to accept them (proc_net_tcp of the Linux kernel: `rx_queue` of a
 * socket that listens). Undefined where that can't be seen: on other systems, and for Unix domain sockets.
 */
export function backlogOf(server: Server): number | undefined {
  const address = server.address();
  if (address === null || typeof address === 'string') return undefined;
  const port = address.port.toString(16).toUpperCase().padStart(4, '0');
  return waitingOn(port, address.family === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp');
}

/** The table has the sockets that listen before all others. */
function waitingOn(port: string, table: string): number | undefined {
  let found: number | undefined;
  for (const line of linesOf(table)) {
    // `0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 …`
    const [, local, , state, queues] = line.trim().split(/\s+/);
    if (state !== LISTENING) return found;
    if (local?.endsWith(`:${port}`)) found = (found ?? 0) + parseInt(queues?.slice(9) ?? '0', 16);
  }
  return found;
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
