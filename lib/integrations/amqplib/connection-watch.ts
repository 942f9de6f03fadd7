import type { WorkCounter } from '../../engine/integration.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/waits.js';
import { ChannelWatch, type ConnectionFacts } from './channel-watch.js';
import { isChannel, isConnection, type Channel, type Connection } from './shapes.js';

/** How long the close of a connection waits for its channels, in milliseconds. */
const CHANNELS_MS = 1_000;

/** Of which the classes are known. */
const noticed = new WeakSet<object>();
const watches = new WeakMap<Connection, ConnectionWatch>();

/** Those who want to know before a connection that is nobody's yet begins to consume. */
const owners = new Set<WeakRef<Owner>>();

/** An application that looks for its connections. */
export interface Owner {
  look(): void;
}

export function addOwner(owner: Owner): void {
  owners.add(new WeakRef(owner));
}

/** Watches the channels of one connection, from the first on where its class is known by then. */
export class ConnectionWatch implements ConnectionFacts {
  static of(connection: Connection): ConnectionWatch {
    const known = watches.get(connection) ?? new ConnectionWatch(connection);
    watches.set(connection, known);
    return known;
  }

  private readonly channels = new Set<ChannelWatch>();
  private readonly known = new WeakSet<Channel>();
  readonly ownQueues = new Set<string>();
  readonly passingQueues = new Set<string>();
  counter?: WorkCounter;
  stopped = false;
  private forGood = false;

  private constructor(private readonly connection: Connection) {
    for (const entry of connection.channels) this.add(entry?.channel);
    noticeConnectionsOf(connection.constructor);
  }

  add(channel: unknown): void {
    if (!isChannel(channel) || this.known.has(channel)) return;
    this.known.add(channel);
    const watch = new ChannelWatch(channel, this);
    this.channels.add(watch);
    channel.once('close', () => this.channels.delete(watch));
  }

  /** It is of this application: its deliveries are counted, and it is closed in the right order. */
  claim(counter: WorkCounter, clock: Clock): void {
    this.counter = counter;
    for (const channel of this.channels) channel.count(counter);
    this.watchClose(clock);
  }

  holds(): boolean {
    if (this.counter) return this.stopped;
    for (const reference of owners) reference.deref()?.look();
    return this.stopped;
  }

  async stop(forGood: boolean): Promise<void> {
    this.stopped = true;
    this.forGood ||= forGood;
    await Promise.all([...this.channels].map((channel) => channel.stop(this.forGood)));
  }

  async takeAgain(): Promise<void> {
    this.stopped = false;
    await Promise.all([...this.channels].map((channel) => channel.takeAgain()));
  }

  async written(): Promise<void> {
    await Promise.all([...this.channels].map((channel) => channel.written()));
  }

  private watchClose(clock: Clock): void {
    const { connection } = this;
    const close = connection.close.bind(connection);
    connection.close = (callback) => {
      if (!this.forGood) return close(callback);
      void this.closeInOrder(clock, () => {
        try {
          close(callback);
        } catch (error) {
          callback?.(error); // it has closed meanwhile
        }
      });
      return undefined;
    };
  }

  /** Channels before the connection: what they have not written yet would be lost, acknowledgements as well. */
  private async closeInOrder(clock: Clock, close: () => void): Promise<void> {
    const channels = [...this.channels].map((channel) => channel.close());
    await within(CHANNELS_MS, Promise.all(channels), clock);
    close();
  }
}

/** Has the connections of a class say so when they open a channel, for one that is made in an init hook is found late. */
export function noticeConnectionsOf(ConnectionClass: unknown): void {
  const prototype = (ConnectionClass as { prototype?: Connection } | undefined)?.prototype;
  if (!prototype || noticed.has(prototype) || typeof prototype.freshChannel !== 'function') return;
  noticed.add(prototype);
  type Open = (this: Connection, channel: unknown, options?: unknown) => unknown;
  const freshChannel: Open = Reflect.get<Connection, 'freshChannel'>(prototype, 'freshChannel');
  prototype.freshChannel = function (this: Connection, channel, options) {
    const fresh = freshChannel.call(this, channel, options);
    if (isConnection(this)) ConnectionWatch.of(this).add(channel);
    return fresh;
  };
}
