import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../time/clock.js';
import { hasMethods } from '../kit/shape.js';

/** A connection of engine.io 6 whose client asks for messages by GET, and sends its own by POST. */
export interface PollingConnection {
  readonly transport: PollingTransport;
  close(discard: boolean): unknown;
  once(event: 'close' | 'upgrade', callback: () => void): unknown;
}

/** `Polling` of engine.io 6 (`build/transports/polling.js`). */
interface PollingTransport {
  readonly name: 'polling';
  /** A poll waits for an answer. */
  readonly writable: boolean;
  /** That poll. */
  readonly req?: IncomingMessage | null;
  /** A POST whose body is still coming. */
  readonly dataReq?: IncomingMessage | null;
  send(packets: object[]): void;
  once(event: 'ready', callback: () => void): unknown;
}

/** What a client had sent before it heard of the end comes within this, in milliseconds: some round trips. */
const UNDER_WAY_MS = 500;

export function isPolling(conn: object): conn is PollingConnection {
  const { transport } = conn as Partial<PollingConnection>;
  return transport?.name === 'polling' && hasMethods(transport, 'send', 'once');
}

/** How the goodbye is said. */
interface Manner {
  readonly clock: Clock;
  /** Somebody waits for the end. */
  readonly hurry: boolean;
}

/**
 * Says goodbye in the answer to a poll, beneath engine.io: `close()` there hears no POST from then on, and cuts one whose
 * body is still coming. What the client has posted before it heard of the end is heard; then the connection closes.
 */
export function sayByPoll(conn: PollingConnection, manner: Manner, otherwise: () => void): void {
  const { transport } = conn;
  let isOver = false;
  conn.once('close', () => (isOver = true));
  conn.once('upgrade', () => {
    if (isOver) return;
    isOver = true;
    otherwise(); // it has a WebSocket now
  });
  const say = () => {
    if (isOver) return;
    // engine.io has sent what it had by then, for its own listener came first, and may have used up the poll.
    if (!transport.writable) return void transport.once('ready', say);
    const { req } = transport;
    transport.send([{ type: 'close' }]);
    hearTheRest(conn, manner, req);
  };
  say();
}

/**
 * Closes the connection once what is on its way has come. Its client says nothing more, so that takes a fixed time; in a
 * hurry, the FIN of the connection that had the poll tells how far away whoever is at its other end is.
 */
function hearTheRest(
  conn: PollingConnection,
  { clock, hurry }: Manner,
  poll: IncomingMessage | null | undefined,
): void {
  const { transport } = conn;
  const saidAt = clock.now();
  const end = () => {
    if (transport.dataReq) transport.dataReq.once('close', end);
    else conn.close(true);
  };
  let timer = clock.setTimeout(end, UNDER_WAY_MS);
  let isClosed = false;
  conn.once('close', () => {
    isClosed = true;
    clock.clearTimeout(timer);
  });
  if (!hurry || !hasMethods(poll?.socket, 'once')) return;
  poll?.socket.once('close', () => {
    const wayMs = clock.now() - saidAt;
    if (isClosed || wayMs * 2 >= UNDER_WAY_MS) return;
    clock.clearTimeout(timer);
    timer = clock.setTimeout(end, wayMs);
  });
}
