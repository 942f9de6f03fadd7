import { Server } from 'node:net';

/**
 * Stops accepting without the `close()` of http.Server or of an HTTP/2 server: that of http.Server destroys idle connections
 * at once, where we send a FIN, and stops the timer that enforces `headersTimeout` (Node 18 to 24; nodejs/node
 * lib/_http_server.js); that of HTTP/2 closes its sessions from Node 24 on. Whoever closes the server later ends what is left.
 *
 * Where an http.Server is no net.Server (Bun 1.4), its own `close()` is what there is: it waits for the requests in flight.
 */
export function stopListening(server: Server): void {
  if (!server.listening) return;
  if (stopsGently(server)) Server.prototype.close.call(server);
  else server.close();
}

/** Whether the listener can be closed without a word to the connections that it has accepted. */
export function stopsGently(server: object): boolean {
  return server instanceof Server;
}
