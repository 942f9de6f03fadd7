import { setTimeout } from 'node:timers';
import type { Socket } from 'node:net';

export interface ForwardOptions {
  /** One way, for every byte, FIN and RST. @default 0 */
  delayMs?: number;
  /** The far end refused the connection; the near end is reset right after. */
  onRefused?: () => void;
}

/**
 * Joins two sockets as a wire of some length would: what one side does, the other side sees `delayMs` later, in the
 * same order. A FIN stays a FIN and a reset a reset, so nothing here softens (or adds) a lost connection.
 * Both sockets need `allowHalfOpen`, or Node would answer a FIN by itself.
 */
export function forward(
  near: Socket,
  connectFar: () => Socket,
  options: ForwardOptions = {},
): void {
  const { delayMs = 0, onRefused } = options;
  // The SYN travels too.
  later(delayMs, () => {
    if (near.destroyed) return;
    const far = connectFar();
    far.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') onRefused?.();
    });
    carry(near, far, delayMs);
    carry(far, near, delayMs);
  });
}

function carry(from: Socket, to: Socket, delayMs: number): void {
  from.setNoDelay(true);
  from.on('data', (chunk: Buffer) => {
    later(delayMs, () => {
      if (to.writable && !to.write(chunk)) from.pause();
    });
  });
  to.on('drain', () => from.resume());
  from.on('end', () => later(delayMs, () => to.end()));
  from.on('error', () => later(delayMs, () => reset(to)));
  from.on('close', () => later(delayMs, () => from.readableEnded || to.destroy())); // the rig itself was closed
}

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

/** Timers of the same duration fire in the order they were set, which is what keeps bytes, FIN and RST in order. */
function later(delayMs: number, action: () => void): void {
  if (delayMs === 0) action();
  else setTimeout(action, delayMs);
}
