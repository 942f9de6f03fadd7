import { hasMethods } from '../integration.js';

/** Service Restart: the client is to connect again, with some randomness (IANA registry of RFC 6455). */
const SERVICE_RESTART = 1012;

/** The connection below a client of a gateway. */
export interface Wire {
  /** Its identity: a client of several namespaces has one connection. */
  readonly key: object;
  /** Tells the client to come back elsewhere, after what was written before. */
  close(): void;
  /** For a client that does not answer. */
  terminate(): void;
  onClosed(callback: () => void): void;
}

/** A WebSocket of `ws` 7 and 8. */
interface WsSocket {
  readonly readyState: number;
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', callback: () => void): unknown;
}

/** A connection of engine.io 6, `socket.conn` of socket.io 4. */
interface EngineSocket {
  /** Of long polling, while it waits for a poll by which to say goodbye, up to 30 s: what ends that wait. */
  readonly transport?: { readonly shouldClose?: (() => void) | null };
  close(discard?: boolean): unknown;
  once(event: 'close', callback: () => void): unknown;
}

/** Undefined for clients of other kinds: their messages are waited for, their connections are their adapter's business. */
export function wireOf(client: object): Wire | undefined {
  const { conn } = client as { conn?: unknown };
  if (hasMethods(conn, 'close', 'once') && hasMethods(client, 'disconnect', 'emit')) {
    return engineWire(conn as EngineSocket);
  }
  if (!hasMethods(client, 'close', 'terminate', 'send', 'once')) return undefined;
  return typeof (client as WsSocket).readyState === 'number'
    ? wsWire(client as WsSocket)
    : undefined;
}

function wsWire(socket: WsSocket): Wire {
  return {
    key: socket,
    close: () => socket.close(SERVICE_RESTART, 'Service Restart'),
    terminate: () => socket.terminate(),
    onClosed: (callback) => void socket.once('close', callback),
  };
}

/**
 * Not `socket.disconnect()`: that is a packet which forbids the client to come back by itself. When the connection ends
 * below it, it does, after a random time.
 */
function engineWire(conn: EngineSocket): Wire {
  return {
    key: conn,
    close: () => void conn.close(),
    terminate: () => {
      const { shouldClose } = conn.transport ?? {};
      if (shouldClose) shouldClose();
      else conn.close(true);
    },
    onClosed: (callback) => void conn.once('close', callback),
  };
}
