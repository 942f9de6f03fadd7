import { hasMethods } from '../kit/shape.js';

const INFO = '_info';

/** A connection of `nats` 2 or `@nats-io/nats-core` 3 (`nats.js`). */
export interface Connection {
  readonly protocol: Protocol;
  subscribe(subject: string, options?: object): unknown;
  request(subject: string, payload?: unknown, options?: object): Promise<Message>;
  /** Resolves when the server has answered, and so has read all that was published before. */
  flush(): Promise<void>;
  isClosed(): boolean;
}

/** What is below it (`protocol.js`): acknowledgements are published here, past the connection. */
export interface Protocol {
  readonly subscriptions: { all(): Subscription[] };
  readonly muxSubscriptions?: { readonly baseInbox?: string };
  publish(subject: string, payload?: unknown, options?: PublishOptions): unknown;
  subscribe(subscription: Subscription): Subscription;
  /** Tells the server only: the subscription and its iterator stay as they are. */
  unsub(subscription: Subscription): void;
  resub(subscription: Subscription, subject: string): void;
}

export interface PublishOptions {
  readonly reply?: string;
}

export interface Message {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
}

/** `QueuedIteratorImpl`: of a subscription, or of what JetStream consumes. */
export interface QueuedIterator {
  /** What is not taken yet: messages, and functions that are called in their turn. */
  readonly yields: unknown[];
  /** Set as a message is handed to the loop. */
  processed: number;
  /** Set as the loop asks for the next one. */
  time: number;
  pendingFiltered?: number;
  readonly noIterator?: boolean;
  readonly iterClosed: Promise<unknown>;
  push(value: unknown): void;
  /** Of what JetStream consumes. */
  readonly consumer?: {
    readonly ordered?: boolean;
    readonly api?: { readonly nc?: unknown };
    readonly [INFO]?: { readonly config?: { readonly ack_policy?: string } };
  };
}

export interface Subscription extends QueuedIterator {
  readonly subject: string;
  /** In an iterator, what pushes; else the application's own. */
  callback(error: unknown, message: Message): unknown;
}

export function isConnection(object: object): object is Connection {
  if (!hasMethods(object, 'subscribe', 'request', 'flush', 'drain', 'isClosed')) return false;
  const { protocol } = object as Partial<Connection>;
  return hasMethods(protocol, 'publish', 'subscribe', 'unsub', 'resub');
}

const ACK = '$JS.ACK.';
const NEXT = /^\$JS\.(?:[^.]+\.)?API\.CONSUMER\.MSG\.NEXT\./;

/** Whether a subject is that by which a message of JetStream is acknowledged. */
export const isAck = (subject: string | undefined): subject is string =>
  subject?.startsWith(ACK) === true;

/** Whether a request asks JetStream for messages. */
export const asksForMore = (subject: string): boolean => NEXT.test(subject);

/** Whether JetStream sends to it what a consumer has asked for: the inbox of a reply ends with no number (`consumer.js`). */
export const isPullInbox = (subject: string): boolean => /\.\d+$/.test(subject);

/** The subject that tells of the consumer to which this acknowledgement goes (ADR-15: nine tokens, or eleven and more). */
export function infoSubject(ack: string): string {
  const tokens = ack.split('.');
  const at = tokens.length >= 11 ? 4 : 2;
  return `$JS.API.CONSUMER.INFO.${tokens[at]}.${tokens[at + 1]}`;
}

/** `+WPI` says that the work goes on; all else is the end. */
export function isInProgress(payload: unknown): boolean {
  const bytes = payload instanceof Uint8Array ? payload : undefined;
  return (bytes ? String.fromCharCode(...bytes.subarray(0, 4)) : payload) === '+WPI';
}

/** Whether what a loop gets needs no acknowledgement. */
export function needsNoAck({ consumer }: QueuedIterator): boolean {
  return !consumer || consumer.ordered === true || consumer[INFO]?.config?.ack_policy === 'none';
}

const keys = new WeakMap<object, string>();
let count = 0;

/** By which a message is acknowledged; those that are not have a key of their own. */
export function keyOf(message: Message): string {
  if (isAck(message.reply)) return message.reply;
  const known = keys.get(message) ?? `${(count += 1)}`;
  keys.set(message, known);
  return known;
}
