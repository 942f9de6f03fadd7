import { types } from 'node:util';
import type { WorkCounter } from '../../engine/integration.js';
import type { Clock } from '../../time/clock.js';
import { noticeIteratorsOf, observeLoops, type Loop, type LoopObserver } from './iterators.js';
import {
  asksForMore,
  infoSubject,
  isAck,
  isInProgress,
  isPullInbox,
  keyOf,
  needsNoAck,
  type Connection,
  type Message,
  type PublishOptions,
  type QueuedIterator,
  type Subscription,
} from './shapes.js';

/** A message that is in hand: until it is acknowledged, and until the loop that has it asks for the next. */
interface Delivery {
  readonly end: () => void;
  acknowledged: boolean;
  handled: boolean;
}

/** A request for more messages, by the inbox that they come to. */
interface Pull {
  readonly subject: string;
  readonly payload: unknown;
  readonly options: PublishOptions;
}

const NOT_NOW = '-NAK';

/** Some more than `defaultGatewayRecentSubExpiration` of nats-server, in milliseconds. */
const PULL_IS_OLD_MS = 300;

/** Knows of one connection what it takes, and what it has in hand. */
export class ConnectionWatch implements LoopObserver {
  private readonly deliveries = new Map<string, Delivery>();
  private readonly loops = new Set<Loop>();
  private readonly watched = new WeakSet<Subscription>();
  private readonly pulls = new Map<string, Pull>();
  /** By which subjects the server tells of the consumers. */
  private readonly consumers = new Set<string>();
  private readonly resting = new Set<Subscription>();
  private readonly publish: Connection['protocol']['publish'];
  private stopped = false;
  /** What came while it was being stopped, and goes back when the server has forgotten that we have asked for it. */
  private readonly early: string[] = [];
  private mayReturn = false;
  private lastPullAt: number;
  /** To which JetStream has sent what was asked for. */
  private readonly inboxes = new WeakSet<Subscription>();
  /** How often a loop was given a message. */
  private given = 0;
  /** By which subject the message is acknowledged that is being handed over; undefined when it has been. */
  private handing?: string;

  constructor(
    private readonly connection: Connection,
    private readonly messages: WorkCounter,
    private readonly clock: Clock,
  ) {
    this.lastPullAt = clock.now();
    const { protocol } = connection;
    this.publish = protocol.publish.bind(protocol);
    protocol.publish = (...args) => this.published(...args);
    const subscribe = protocol.subscribe.bind(protocol);
    protocol.subscribe = (subscription) => {
      this.watch(subscription);
      return subscribe(subscription);
    };
    for (const subscription of protocol.subscriptions.all()) this.watch(subscription);
    observeLoops(this);
  }

  readonly ownerOf = (iterator: QueuedIterator): LoopObserver | undefined => {
    const { consumer } = iterator;
    const isOurs = consumer
      ? consumer.api?.nc === this.connection
      : this.watched.has(iterator as Subscription) && this.isWork(iterator as Subscription);
    return isOurs ? this : undefined;
  };

  /** Nothing comes any more; what was on its way or waits in a loop goes back, for others to have it at once. */
  async stop(forGood: boolean): Promise<void> {
    this.stopped = true;
    if (this.connection.isClosed()) return;
    for (const loop of this.loops) {
      for (const { reply } of loop.giveUp()) if (isAck(reply)) this.early.push(reply);
    }
    this.rest((subscription) => this.isWork(subscription));
    if (this.consumers.size > 0 || this.pulls.size > 0) await this.pullsAreOld();
    this.rest((subscription) => this.mayStop(subscription, forGood));
    await this.written();
    await this.forgetPulls();
    for (const ack of this.early.splice(0)) this.publish(ack, encode(NOT_NOW));
    this.mayReturn = true;
    await this.written();
    await this.forgetUnacknowledged();
  }

  async takeAgain(): Promise<void> {
    this.stopped = false;
    this.mayReturn = false;
    const { protocol } = this.connection;
    const there = new Set(protocol.subscriptions.all());
    for (const subscription of this.resting) {
      if (!there.has(subscription)) continue;
      protocol.resub(subscription, subscription.subject);
      const pull = this.pulls.get(subscription.subject);
      if (pull) this.publish(pull.subject, pull.payload, pull.options);
    }
    this.resting.clear();
    await this.written();
  }

  /** Resolves when the server has read every acknowledgement. */
  async written(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.flush().catch(() => undefined);
  }

  // -- what a loop does ------------------------------------------------------------------------------------------

  queued(loop: Loop): void {
    this.loops.add(loop);
    this.given += 1;
  }

  taken(message: Message, iterator: QueuedIterator): void {
    const key = keyOf(message);
    this.begin(key, message.subject, false);
    if (needsNoAck(iterator)) this.settle(key, 'acknowledged');
  }

  left(message: Message): void {
    this.settle(keyOf(message), 'handled');
  }

  // --------------------------------------------------------------------------------------------------------------

  private watch(subscription: Subscription): void {
    if (this.watched.has(subscription)) return;
    this.watched.add(subscription);
    noticeIteratorsOf(subscription);
    const callback = subscription.callback.bind(subscription);
    subscription.callback = (error, message) => {
      const call = () => callback(error, message);
      if (error || !message) return call();
      if (isAck(message.reply)) {
        this.inboxes.add(subscription);
        return this.delivered(message.reply, message, call);
      }
      // A loop says itself when it takes it.
      const isCounted = subscription.noIterator === true && this.isWork(subscription);
      return isCounted ? this.run(message, call) : call();
    };
  }

  /** Of JetStream: handed to a callback in this turn, or queued for a loop, which says when it takes it. */
  private delivered(ack: string, message: Message, hand: () => unknown): unknown {
    this.consumers.add(infoSubject(ack));
    if (this.stopped) {
      if (!this.mayReturn) return void this.early.push(ack);
      return this.publish(ack, encode(NOT_NOW));
    }
    const before = this.given;
    this.handing = ack;
    const result = hand();
    const isOver = this.handing === undefined;
    this.handing = undefined;
    if (this.given === before && !isOver) this.begin(ack, message.subject, true);
    return result;
  }

  private run(message: Message, handle: () => unknown): unknown {
    const key = keyOf(message);
    this.begin(key, message.subject, true);
    const over = () => {
      this.settle(key, 'acknowledged');
      this.settle(key, 'handled');
    };
    let result: unknown;
    try {
      result = handle();
    } finally {
      if (types.isPromise(result)) result.then(over, over);
      else over();
    }
    return result;
  }

  private published(subject: string, payload?: unknown, options?: PublishOptions): unknown {
    if (asksForMore(subject) && options?.reply) {
      // The first asks for the most.
      if (!this.pulls.has(options.reply)) {
        this.pulls.set(options.reply, { subject, payload, options });
      }
      if (this.stopped) return undefined;
      this.lastPullAt = this.clock.now();
    }
    const result = this.publish(subject, payload, options);
    if (isAck(subject) && !isInProgress(payload)) {
      if (this.handing === subject) this.handing = undefined;
      this.settle(subject, 'acknowledged');
    }
    return result;
  }

  private begin(key: string, subject: string, isCallback: boolean): void {
    if (this.deliveries.has(key)) return;
    const end = this.messages.begin(`message ${subject}`);
    this.deliveries.set(key, { end, acknowledged: false, handled: isCallback });
  }

  private settle(key: string, what: 'acknowledged' | 'handled'): void {
    const delivery = this.deliveries.get(key);
    if (!delivery) return;
    delivery[what] = true;
    if (!delivery.acknowledged || !delivery.handled) return;
    this.deliveries.delete(key);
    delivery.end();
  }

  /** Where a consumer has no acknowledgements, nobody can tell when a message is over that a callback has got. */
  private async forgetUnacknowledged(): Promise<void> {
    const waiting = [...this.deliveries].filter(
      ([key, { acknowledged }]) => isAck(key) && !acknowledged,
    );
    const subjects = new Set(waiting.map(([key]) => infoSubject(key)));
    await Promise.all(
      [...subjects].map(async (subject) => {
        if (!(await this.needsNone(subject))) return;
        for (const [key] of waiting)
          if (infoSubject(key) === subject) this.settle(key, 'acknowledged');
      }),
    );
  }

  /** Tells the server that nobody listens any more; its iterators stay as they are. */
  private rest(which: (subscription: Subscription) => boolean): void {
    const { protocol } = this.connection;
    for (const subscription of protocol.subscriptions.all()) {
      if (this.resting.has(subscription) || !which(subscription)) continue;
      this.resting.add(subscription);
      protocol.unsub(subscription);
    }
  }

  /**
   * A message that comes back goes to whoever has asked. Of a request that is younger than a quarter of a second the server
   * does not look whether anybody still listens, and the message is gone until `ack_wait` (nats-server 2.9.10).
   */
  private async pullsAreOld(): Promise<void> {
    const waitMs = PULL_IS_OLD_MS - (this.clock.now() - this.lastPullAt);
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, waitMs));
  }

  /** A question about a consumer has the server look who listens. */
  private async forgetPulls(): Promise<void> {
    await Promise.all([...this.consumers].map((subject) => this.needsNone(subject)));
  }

  private async needsNone(subject: string): Promise<boolean> {
    try {
      const { data } = await this.connection.request(subject, undefined, { timeout: 1_000 });
      const answer = JSON.parse(new TextDecoder().decode(data)) as {
        config?: { ack_policy?: string };
      };
      return answer.config?.ack_policy === 'none';
    } catch {
      return false;
    }
  }

  /** Not what brings replies: requests are still to be sent. */
  private isWork({ subject }: Subscription): boolean {
    return !subject.startsWith('_INBOX.') && !subject.startsWith(this.ownInbox);
  }

  /** While out of rotation, only what can ask again: a request that was sent before somebody watched is not known. */
  private mayStop(subscription: Subscription, forGood: boolean): boolean {
    const { subject } = subscription;
    if (this.isWork(subscription) || this.pulls.has(subject)) return true;
    return forGood && (this.inboxes.has(subscription) || isPullInbox(subject));
  }

  private get ownInbox(): string {
    return this.connection.protocol.muxSubscriptions?.baseInbox || '_INBOX.';
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
