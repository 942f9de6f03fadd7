import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { markOwnServer } from '../copies/own-server.js';
import { ProbeServerError } from '../errors/probe-server.error.js';
import { KEPT_FOR_SCRAPERS_MS, type MetricsEndpoint } from './metrics-endpoint.js';
import { send, type ProbeResponder } from './probe-responder.js';

/** The probes on a port of their own, up before the first hook of bootstrap and until the very end. */
export class ProbeServer {
  private server?: Server;
  /** Probes that have come and are not answered. */
  private readonly unanswered = new Set<ServerResponse>();
  private whenAnswered: () => void = () => undefined;

  constructor(
    private readonly responder: ProbeResponder,
    private readonly host: string,
    private readonly port: number,
    private readonly metrics?: MetricsEndpoint,
  ) {}

  /** Opens the port; @throws ProbeServerError when that is not possible. Resolves with the port. */
  async open(): Promise<number> {
    const { responder, host, port, metrics } = this;
    const server = createServer((request, response) => {
      this.unanswered.add(response);
      response.once('close', () => {
        this.unanswered.delete(response);
        if (this.unanswered.size === 0) this.whenAnswered();
      });
      if (metrics?.answer(request, response)) return;
      if (!responder.answer(request, response)) send(response, 404, { message: 'No such probe.' });
    });
    if (metrics) server.keepAliveTimeout = KEPT_FOR_SCRAPERS_MS;
    this.server = server;
    markOwnServer(server);
    await new Promise<void>((resolve, reject) => {
      // For good, not once: a connection that can't be accepted later (EMFILE) must not end the process.
      server.on('error', (error) => reject(new ProbeServerError(host, port, error)));
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Resolves when no probe waits for its answer; what comes from now on is answered as well. */
  answered(): Promise<void> {
    if (this.unanswered.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.whenAnswered = resolve));
  }

  async close(): Promise<void> {
    const { server } = this;
    if (!server?.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections(); // only probes are ever in flight here
    });
  }
}
