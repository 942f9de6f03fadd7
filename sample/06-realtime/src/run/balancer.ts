import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A layer 4 load balancer: new connections go to the newest instance, and stay with it for as long as they live. */
export class Balancer {
  private port = 0;
  private readonly server = createServer({ allowHalfOpen: true }, (client) => {
    const instance = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    carry(client, instance);
    carry(instance, client);
  });

  async start(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  sendTo(url: string): void {
    this.port = Number(new URL(url).port);
  }

  stop(): void {
    this.server.close();
  }
}

/** An end stays an end, and a reset a reset. */
function carry(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
}
