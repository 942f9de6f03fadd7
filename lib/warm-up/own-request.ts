import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import {
  connect as connectTcp,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { connect as connectTls } from 'node:tls';
import { markOwnServer, WARM_UP_AGENT } from '../copies/own-server.js';

/** A server of this process, and what it speaks. */
export interface OwnServer {
  readonly server: Server;
  readonly tls: boolean;
  readonly http2: boolean;
}

/** A way to it that leads nowhere else. */
export interface OwnDoor extends OwnServer {
  readonly port: number;
  readonly host: string;
  close(): void;
}

/** What is asked. */
export interface OwnRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Opens a port of this process alone, whose connections are handed to its server. At the server's own port another worker of
 * a cluster may answer, or another process that shares it.
 */
export async function openOwnDoor(own: OwnServer): Promise<OwnDoor> {
  const door = createServer((socket) => void own.server.emit('connection', socket));
  markOwnServer(door);
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen({ host: 'localhost', port: 0, exclusive: true }, resolve);
  });
  const { port, address: host } = door.address() as AddressInfo;
  return { ...own, port, host, close: () => void door.close() };
}

/**
 * Sends a request to a server of this process, over a real connection, so that all in its way is warm afterwards: routing,
 * guards, parsers, serialisation. Resolves with the status when the whole answer is there; rejects at the abort.
 */
export function askOneself(to: OwnDoor, request: OwnRequest, signal: AbortSignal): Promise<number> {
  return to.http2 ? overHttp2(to, request, signal) : overHttp1(to, request, signal);
}

/** The certificate is not checked: it is this process that answers, and its name there is not 127.0.0.1. */
const ANY_CERTIFICATE = { rejectUnauthorized: false };

function overHttp1(to: OwnDoor, request: OwnRequest, signal: AbortSignal): Promise<number> {
  const { method, path, body } = request;
  const send = to.tls ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const sent = send(
      {
        port: to.port,
        host: to.host,
        ...ANY_CERTIFICATE,
        method,
        path,
        signal,
        agent: false,
        headers: headersOf(request),
      },
      (response) => {
        response.once('error', reject);
        response.once('close', () => {
          if (response.complete) resolve(response.statusCode ?? 0);
          else reject(new Error('the answer was cut'));
        });
        response.resume();
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

function overHttp2(to: OwnDoor, request: OwnRequest, signal: AbortSignal): Promise<number> {
  const { method, path, body } = request;
  return new Promise((resolve, reject) => {
    const session = http2.connect(`${to.tls ? 'https' : 'http'}://localhost`, {
      createConnection: () => connectionTo(to),
    });
    const abort = () => session.destroy();
    signal.addEventListener('abort', abort, { once: true });
    session.once('error', reject);
    session.once('close', () => {
      signal.removeEventListener('abort', abort);
      reject(new Error('the connection was closed'));
    });
    const stream = session.request({ ...headersOf(request), ':method': method, ':path': path });
    let status = 0;
    stream.once('response', (headers) => (status = headers[':status'] ?? 0));
    stream.once('error', reject);
    stream.once('close', () => {
      if (status > 0 && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) resolve(status);
      session.close();
    });
    stream.resume();
    stream.end(body);
    if (signal.aborted) abort();
  });
}

function headersOf({ headers, body }: OwnRequest): Record<string, string> {
  return {
    'user-agent': WARM_UP_AGENT,
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
}

function connectionTo({ port, host, tls }: OwnDoor): Socket {
  if (!tls) return connectTcp({ port, host });
  return connectTls({ port, host, ...ANY_CERTIFICATE, ALPNProtocols: ['h2'] });
}
