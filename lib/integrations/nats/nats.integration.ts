import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { settled } from '../../time/settled.js';
import { heldShape, nameIn, onHeld } from '../kit/held.js';
import { ConnectionWatch } from './connection-watch.js';
import { isConnection, type Connection } from './shapes.js';

const connectionShape = heldShape(['isClosed'], isConnection);

/**
 * Connections of `nats` 2 and `@nats-io` 3 that providers have: JetStream consumers of any kind, and subscriptions. Nothing is
 * asked for after T0, what waits in a loop or is on its way goes back, what is in hand is waited for until it is acknowledged,
 * and until the server has read that: an acknowledgement after `drain()` is lost without a word.
 */
export const nats: Integration = {
  name: 'NATS',
  early: true, // subscriptions begin in an init hook
  attach(host: IntegrationHost): void {
    onHeld(host, connectionShape, (connection, holder) => {
      if (claimed.has(connection) || connection.isClosed()) return;
      claimed.add(connection);
      host.add(
        new ConnectionSource(nameIn('NATS connection', connection, holder), connection, host),
      );
    });
  },
};

/** By an application in this process. */
const claimed = new WeakSet<Connection>();

class ConnectionSource implements WorkSource {
  readonly kind = 'message';
  private readonly messages: WorkCounter;
  private readonly watch: ConnectionWatch;
  private stopping?: Promise<void>;
  private forGood = false;

  constructor(
    readonly name: string,
    connection: Connection,
    host: IntegrationHost,
  ) {
    this.messages = host.counter();
    this.watch = new ConnectionWatch(connection, this.messages, host.clock);
  }

  /** Told before `stopTaking` when it is not to begin again. */
  shutsDown(): void {
    this.forGood = true;
    if (this.stopping) this.stopping = this.watch.stop(true);
  }

  stopTaking(): Promise<void> {
    return (this.stopping = this.watch.stop(this.forGood));
  }

  takeAgain(): Promise<void> {
    this.stopping = undefined;
    return this.watch.takeAgain();
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await settled(this.stopping, signal);
    await this.messages.idle(signal);
    await settled(this.watch.written(), signal);
  }
}
