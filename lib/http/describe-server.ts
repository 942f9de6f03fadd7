import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:tls';

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
  const http2 = 'updateSettings' in server;
  const times = {
    keepAliveTimeoutMs: server.keepAliveTimeout,
    headersTimeoutMs: server.headersTimeout,
    requestTimeoutMs: server.requestTimeout,
  };
  return {
    tls: server instanceof TlsServer,
    http2,
    ...(address !== null && typeof address === 'object' ? { port: address.port } : {}),
    ...(http2 ? {} : times),
  };
}
