import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../time/clock.js';
import { Aftermath } from './aftermath.js';
import type { Connection } from './connection.js';

/** A client that has the end of its stream closes its connection within this, in milliseconds. */
const CLOSING_MS = 1_000;
/** Not longer than this part of the drain: streams in doubt are told after three quarters of it, and must be over in time. */
const CLOSING_SHARE = 1 / 8;

/**
 * Waits for what follows the end of a stream. Nest unsubscribes from an observable when the socket closes, and no sooner
 * (core 11 and 12, router-response-controller.js `sse`), which takes a round trip after the last byte.
 */
export class StreamEnds {
  private readonly aftermath: Aftermath;
  /** One for all streams of a session. */
  private readonly socketsClosed = new WeakMap<Socket, Promise<void>>();
  private readonly released = new Map<ServerResponse, () => void>();

  private readonly closingMs: number;

  /** `drainMs` is how long the drain may last, in milliseconds. */
  constructor(
    private readonly clock: Clock,
    drainMs: number,
  ) {
    this.closingMs = Math.min(CLOSING_MS, drainMs * CLOSING_SHARE);
    this.aftermath = new Aftermath(clock);
  }

  /** Resolves when a stream has ended, and nothing goes on that its end has set off; or when it is released. */
  ended(response: ServerResponse, connection: Connection): Promise<void> {
    const released = new Promise<void>((resolve) => this.released.set(response, resolve));
    const over = this.over(response, connection);
    return Promise.race([released, over]).finally(() => this.released.delete(response));
  }

  /** Its end is not waited for any more. */
  release(response: ServerResponse): void {
    this.released.get(response)?.();
  }

  /** Nor that of any other. */
  stop(): void {
    this.aftermath.stop();
  }

  private async over(response: ServerResponse, connection: Connection): Promise<void> {
    const { aftermath } = this;
    const { socket } = connection;
    for (const event of ['finish', 'close']) aftermath.include(response, event);
    aftermath.include(response.req, 'close');
    const socketClosed = this.closeOf(socket);
    await closed(response);
    const timer = this.clock.setTimeout(() => {
      if (!connection.busy) socket.destroy(); // the client has had its answer, and a FIN
    }, this.closingMs);
    if (!connection.upgraded && !connection.busy) await socketClosed;
    this.clock.clearTimeout(timer);
    await aftermath.over();
  }

  private closeOf(socket: Socket): Promise<void> {
    const known = this.socketsClosed.get(socket);
    if (known) return known;
    this.aftermath.include(socket, 'close');
    const close = closed(socket);
    this.socketsClosed.set(socket, close);
    return close;
  }
}

async function closed(what: ServerResponse | Socket): Promise<void> {
  if (!what.closed) await new Promise<void>((resolve) => void what.once('close', resolve));
}
