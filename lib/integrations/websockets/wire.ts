import type { Duplex } from 'node:stream';
import type { Clock } from '../../time/clock.js';
import { hasMethods } from '../kit/shape.js';
import { isPolling, sayByPoll } from './long-polling.js';

/** Service Restart: the client is to connect again, with some randomness (IANA registry of RFC 6455). */
const SERVICE_RESTART = 1012;

/** The connection below a client of a gateway. */
export interface Wire {
  /** Its identity: a client of several namespaces has one connection. */
  readonly key: object;
  /** Tells the client to come back elsewhere, after what was written before. In a hurry, somebody waits for its end. */
  close(hurry?: boolean): void;
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
  /** What has not been handed to the kernel. */
  readonly bufferedAmount?: number;
  /** The connection itself; not documented (ws 7 and 8). */
  readonly _socket?: Duplex | null;
}

/** A connection of engine.io 6, `socket.conn` of socket.io 4. */
interface EngineSocket {
  readonly transport?: Transport;
  /** What has not been handed to the transport yet. */
  readonly writeBuffer?: readonly unknown[];
  close(discard?: boolean): unknown;
  once(event: 'close' | 'drain' | 'upgrade', callback: () => void): unknown;
}

interface Transport {
  readonly name?: string;
  /** Of `websocket`: the socket of `ws`. */
  readonly socket?: WsSocket;
  /** Of long polling, while it waits for a poll by which to say goodbye, up to 30 s: what ends that wait. */
  readonly shouldClose?: (() => void) | null;
  send?: (packets: unknown[]) => void;
}

/** Undefined for clients of other kinds: their messages are waited for, their connections are their adapter's business. */
export function wireOf(client: object, clock: Clock): Wire | undefined {
  const { conn } = client as { conn?: unknown };
  if (hasMethods(conn, 'close', 'once') && hasMethods(client, 'disconnect', 'emit')) {
    return engineWire(conn as EngineSocket, clock);
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
 * below it, it does, after a random time. By WebSocket it ends by a close frame beneath engine.io, which goes on listening
 * until that of the client; `close()` of engine.io stops listening at once, and with it goes what is on its way to us.
 *
 * Its client takes no notice of that frame: it sends until the connection ends, and the WebSocket below throws that away. So
 * the connection ends right behind the frame, in this direction only.
 */
function engineWire(conn: EngineSocket, clock: Clock): Wire {
  return {
    key: conn,
    close(hurry = false) {
      if (isPolling(conn)) return sayByPoll(conn, { clock, hurry }, () => this.close());
      const socket = webSocketBelow(conn);
      if (!socket) return void conn.close();
      const say = () => {
        beMute(conn.transport);
        socket.close(SERVICE_RESTART, 'Service Restart');
        endBehind(socket);
      };
      if (conn.writeBuffer && conn.writeBuffer.length > 0) conn.once('drain', say);
      else say();
    },
    terminate() {
      const { shouldClose } = conn.transport ?? {};
      const socket = webSocketBelow(conn);
      if (socket) socket.terminate();
      else if (shouldClose) shouldClose();
      else conn.close(true);
    },
    onClosed: (callback) => void conn.once('close', callback),
  };
}

function webSocketBelow({ transport }: EngineSocket): WsSocket | undefined {
  const socket = transport?.name === 'websocket' ? transport.socket : undefined;
  return hasMethods(socket, 'close', 'terminate') ? socket : undefined;
}

/** Not while frames wait to be compressed: they would come after the end. */
function endBehind({ _socket: connection, bufferedAmount }: WsSocket): void {
  if (connection && bufferedAmount === connection.writableLength) connection.end();
}

/** After the close frame nothing can be sent; engine.io would take that for an error, and stop listening. */
function beMute(transport: Transport | undefined): void {
  if (transport?.send) transport.send = () => undefined;
}
