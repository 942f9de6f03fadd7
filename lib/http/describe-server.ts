import type { Server } from 'node:http';
import { isTls, speaksHttp2 } from './connection-tracker.js';

/** What of a server those have to know who stand in front of it. The times are in milliseconds. */
interface DescribedServer {
  readonly tls: boolean;
  readonly http2: boolean;
  readonly port?: number;
  readonly keepAliveTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export function describeServer(server: Server): DescribedServer {
  const address = server.address();
  const http2 = speaksHttp2(server);
  const times = {
    keepAliveTimeoutMs: server.keepAliveTimeout,
    headersTimeoutMs: server.headersTimeout,
    requestTimeoutMs: server.requestTimeout,
  };
  return {
    tls: isTls(server),
    http2,
    ...(address !== null && typeof address === 'object' ? { port: address.port } : {}),
    ...(http2 ? {} : times),
  };
}
