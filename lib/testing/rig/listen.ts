import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** A TCP server on 127.0.0.1 whose `close()` also destroys what is still connected. */
export async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // forward() passes errors on; unheard they would end the process
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await bind(server, 0);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * A port that is free and stays so until the process that was told of it listens there: it lies below the range from
 * which systems take the local ports of outgoing connections, of which a load opens many.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    try {
      await bind(server, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return port;
  }
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
