import { settled } from '../../time/settled.js';
import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { heldShape, onHeld } from '../kit/held.js';
import { addOwner, ConnectionWatch, type Owner } from './connection-watch.js';
import { connectionOf, isConnected, leadsToConnection, type Connection } from './shapes.js';

/**
 * Connections of amqplib that providers have, with promises or callbacks, also behind amqp-connection-manager. Consumers are
 * cancelled at T0, what was delivered is waited for until it is acknowledged and the broker has read that, and channels are
 * closed before their connection.
 */
export const amqplib: Integration = {
  name: 'amqplib',
  early: true, // consumers begin in an init hook
  attach(host: IntegrationHost): void {
    const finder = new Finder(host);
    finders.set(host, finder);
    addOwner(finder);
  },
};

const waysToConnection = heldShape(
  ['freshChannel', 'dispatchMessage', 'createChannel', 'addSetup'],
  leadsToConnection,
);

/** As long as their applications are there. */
const finders = new WeakMap<IntegrationHost, Finder>();

class Finder implements Owner {
  /** What connects again has another connection than before. */
  private readonly reconnecting = new Set<object>();
  private readonly rescan: () => void;
  private source?: ConsumersSource;

  constructor(private readonly host: IntegrationHost) {
    this.rescan = onHeld(host, waysToConnection, (object) => {
      const connection = connectionOf(object);
      if (connection) this.claim(connection);
      if (!isConnected(object)) this.reconnecting.add(object);
    });
    host.onLook?.(() => this.lookAtThese());
  }

  look(): void {
    this.rescan();
    this.lookAtThese();
  }

  private lookAtThese(): void {
    for (const object of this.reconnecting) {
      const connection = connectionOf(object);
      if (connection) this.claim(connection);
    }
  }

  private claim(connection: Connection): void {
    if (!this.source) {
      this.source = new ConsumersSource(this.host);
      this.host.add(this.source);
    }
    this.source.claim(connection);
  }
}

class ConsumersSource implements WorkSource {
  readonly name = 'RabbitMQ consumers (amqplib)';
  readonly kind = 'message';
  private readonly messages: WorkCounter;
  private readonly connections = new Map<Connection, ConnectionWatch>();
  private stopped = false;
  private forGood = false;
  private stopping?: Promise<unknown>;

  constructor(private readonly host: IntegrationHost) {
    this.messages = host.counter();
  }

  claim(connection: Connection): void {
    if (this.connections.has(connection)) return;
    const watch = ConnectionWatch.of(connection);
    if (watch.counter) return; // of another application
    watch.claim(this.messages, this.host.clock);
    this.connections.set(connection, watch);
    connection.once('close', () => this.connections.delete(connection));
    if (this.stopped) void watch.stop(this.forGood);
  }

  /** Told before `stopTaking` when it is not to begin again. */
  shutsDown(): void {
    this.forGood = true;
    if (this.stopped) this.stopping = this.all((watch) => watch.stop(true));
  }

  stopTaking(): Promise<unknown> {
    this.stopped = true;
    return (this.stopping = this.all((watch) => watch.stop(this.forGood)));
  }

  async takeAgain(): Promise<void> {
    this.stopped = false;
    await this.all((watch) => watch.takeAgain());
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await settled(this.stopping, signal); // until then more may come
    await this.messages.idle(signal);
    await settled(
      this.all((watch) => watch.written()),
      signal,
    );
  }

  private all(call: (watch: ConnectionWatch) => Promise<void>): Promise<unknown> {
    return Promise.allSettled([...this.connections.values()].map(call));
  }
}
