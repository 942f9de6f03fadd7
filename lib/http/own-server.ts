import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { RequestInterceptor } from './request-interceptor.js';
import { stopListening } from './stop-listening.js';

type Close = (callback?: (error?: Error) => void) => unknown;
type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

interface Overridden {
  emit: Emit;
  close: Close;
  address: () => AddressInfo | string | null;
}

/**
 * A server that the application has made, and closes itself when it thinks that the time has come. We stop it from
 * listening earlier, and its owner must not notice: for it, the server is open until it closes it.
 */
export class OwnServer {
  private stopped = false;

  constructor(
    private readonly server: Server,
    /** Sees each request before the listeners of the server. */
    intercept: RequestInterceptor = () => false,
    /** Called when its owner has closed it. */
    private readonly closed: () => void = () => undefined,
  ) {
    const target = server as unknown as Overridden;
    const emit = target.emit.bind(server);
    // Around the event, not the listeners: its owner may still add some, or take them away.
    target.emit = (event, ...args) => {
      if (event === 'request' && intercept(...(args as Parameters<RequestInterceptor>)))
        return true;
      if (event === 'close' && this.stopped) return false; // it is not closed before its owner closes it
      if (event === 'close') this.closed();
      return emit(event, ...args);
    };
    const close = target.close.bind(server);
    target.close = (callback) => this.closedByOwner(close, callback);
  }

  /** Stops accepting connections; those there are stay. Does nothing when it does not listen. */
  stopListening(): void {
    const { server } = this;
    if (!server.listening || this.stopped) return;
    const target = server as unknown as Overridden;
    const address = server.address();
    target.address = () => address; // to leave a registry, its owner may ask once more
    this.stopped = true;
    stopListening(server);
  }

  private closedByOwner(close: Close, callback?: (error?: Error) => void): unknown {
    if (!this.stopped) return close(callback);
    this.stopped = false;
    delete (this.server as unknown as Partial<Overridden>).address;
    // Node knows that it is closed, and would tell the owner so as an error.
    const tell = callback && ((error?: Error) => callback(isNotRunning(error) ? undefined : error));
    return close(tell);
  }
}

function isNotRunning(error: (Error & { code?: unknown }) | undefined): boolean {
  return error?.code === 'ERR_SERVER_NOT_RUNNING';
}

/** Whether it is a server of `http`, `https` or `http2`, by what only the one or the other has. */
export function isHttpServer(server: unknown): server is HttpServer {
  const { closeIdleConnections, updateSettings } = (server ?? {}) as Record<string, unknown>;
  return [closeIdleConnections, updateSettings].some((method) => typeof method === 'function');
}
