import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One way. */
const DELAY_MS = 5;

/**
 * A stretch of network in front of a port of this machine. On loopback the moment in which a client uses a session that
 * the server is just leaving lasts microseconds, and every shutdown looks perfect.
 */
export class Distance {
  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<Distance> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      carry(near, far);
      carry(far, near);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Distance(server);
  }

  /** Where its near end is. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Carries on what there is. */
  close(): void {
    this.server.close();
  }
}

/** An end stays an end, and a reset a reset. Timers of the same duration fire in the order they were set. */
function carry(from: Socket, to: Socket): void {
  from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), DELAY_MS));
  from.on('end', () => setTimeout(() => to.end(), DELAY_MS));
  from.on('error', () => setTimeout(() => to.resetAndDestroy(), DELAY_MS));
}
