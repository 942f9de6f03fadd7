import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'echo',
};

/** Accepts upgrades, as a WebSocket library does, and sends back what it receives. */
export function acceptUpgrades(
  server: Server,
  onSocket: (socket: Duplex) => void = () => {},
): void {
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
    );
    socket.on('data', (data) => socket.write(data));
    socket.on('error', () => undefined);
    onSocket(socket);
  });
}

/** A provider that closes its sockets when Nest tells it to. */
@Injectable()
export class EchoGateway implements OnModuleDestroy {
  readonly sockets: Duplex[] = [];

  onModuleDestroy(): void {
    for (const socket of this.sockets) socket.end('bye');
  }
}
