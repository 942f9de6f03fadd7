import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { isHttpServer } from './own-server.js';

/** Node says on it that a server has begun to listen (20 to 26, lib/net.js; not documented up to 22). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/**
 * Tells of the HTTP servers of this process: those that listen (Node 20 to 26, `process._getActiveHandles()`, not
 * documented), and those that begin to. On a runtime without the one or the other it tells of fewer.
 *
 * @returns what ends it
 */
export function onListeningServers(callback: (server: Server) => void): () => void {
  const current = process as unknown as { _getActiveHandles?: () => unknown[] };
  const handles = current._getActiveHandles?.() ?? [];
  const listener = (message: unknown): void => {
    const { server } = (message ?? {}) as { server?: unknown };
    if (isHttpServer(server) && server.listening) callback(server);
  };
  subscribe(LISTENING, listener);
  for (const server of handles) listener({ server });
  return () => void unsubscribe(LISTENING, listener);
}
