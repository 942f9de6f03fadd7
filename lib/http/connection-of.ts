import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Connection } from './connection.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';

/** The connection of a request, if it came through a tracked server; with ALPN one server speaks both protocols. */
export function connectionOf(request: IncomingMessage): Connection | undefined {
  // `request.socket` of HTTP/2 would make a proxy for each request.
  const { stream } = request as { stream?: { session?: ServerHttp2Session } };
  return stream ? Http2Connection.ofSession(stream.session) : Http1Connection.of(request.socket);
}
