import type { Clock, TimerHandle } from '../../time/clock.js';
import { turn } from '../../time/real-timers.js';
import { inRounds } from '../../time/rounds.js';
import { STREAMING } from './grpc-methods.js';

/** A call whose answer is a stream: `ServerWritableStream` and `ServerDuplexStream` of `@grpc/grpc-js` 1. */
interface StreamingCall {
  readonly cancelled?: boolean;
  /** What is sent when it has ended and all is written; not documented. */
  pendingStatus?: Status;
  /** A number or a date; infinite without one. */
  getDeadline?(): Date | number;
  write: (message: unknown, ...rest: unknown[]) => boolean;
  /** Of a `ServerDuplexStream`: a message of the caller is handed to the handler. */
  push?: (message: unknown, ...rest: unknown[]) => boolean;
  end(): unknown;
  emit(event: 'error', status: Status): boolean;
  once(event: 'close' | 'finish', listener: () => void): unknown;
}

interface Status {
  readonly code: number;
  readonly details: string;
}

/** What `addService` of `@grpc/grpc-js` keeps for each method; read anew for each call. */
interface Handler {
  readonly type?: string;
  func: (call: StreamingCall, ...rest: unknown[]) => unknown;
}

interface Stream {
  readonly path: string;
  readonly call: StreamingCall;
  readonly since: number;
  /** When its last message was written, on the clock. */
  spoke: number;
  /** How many messages of its caller the handler has been given. */
  heard: number;
}

/** That of the usual retry policies; `CANCELLED`, which a closed server gives, is in none. */
const UNAVAILABLE: Status = { code: 14, details: 'The server is shutting down' };

/** A stream that has lasted longer than this, in milliseconds, is not expected to end by itself, nor others of its method. */
const LASTING_MS = 60_000;
/** Over which share of the drain streams that last for ever are told to go. */
const ROUNDS_SHARE = 0.5;
/** What of the drain a stream may use that may yet end by itself. What is left is for telling the others. */
const PATIENCE = 3 / 4;
/** What of that time it may be silent for. */
const SILENCE = 1 / 3;
/** So many turns of the event loop are waited for at most before a stream is told, for a caller that never stops. */
const MOST_TURNS = 20;

/**
 * Streaming answers of a gRPC server. One that ends by itself is an answer like any other, and is waited for; one that
 * would last for ever is told to come back, by a status that clients retry. The options can say which it is, by its method:
 * an endless one is told as the drain begins, a finite one never. For the others it has to be seen:
 *
 * ```
 * its deadline is within the drain      ends
 * others of its method have ended       ends: the server has completed one of them within a minute
 * older than a minute                   lasts, and so do all others of its method
 * anything else                         is waited for: up to three quarters of the drain, or a quarter if it is silent
 * ```
 */
export class GrpcStreams {
  private readonly streams = new Set<Stream>();
  private readonly ending = new Set<string>();
  private readonly lasting = new Set<string>();
  private readonly timers = new Set<TimerHandle>();
  private draining?: { readonly from: number; readonly remainingMs: number };

  constructor(
    private readonly clock: Clock,
    private readonly lastsForever: (path: string) => boolean | undefined = () => undefined,
  ) {}

  /** Follows the calls of these methods from now on; those that are no work are left out. */
  follow(handlers: ReadonlyMap<string, object>, isWork: (path: string) => boolean): void {
    for (const [path, entry] of handlers) {
      const handler = entry as Handler;
      if (!STREAMING.has(handler.type) || !isWork(path)) continue;
      const { func } = handler;
      handler.func = (call, ...rest) => {
        this.begin(path, call);
        return func(call, ...rest);
      };
    }
  }

  /** The drain begins: tells those that last, in rounds, and the others when there is no more time for them. */
  async leave(signal: AbortSignal, remainingMs: number): Promise<void> {
    const { clock } = this;
    this.draining = { from: clock.now(), remainingMs };
    const streams = [...this.streams];
    for (const { path, since } of streams) {
      if (clock.now() - since > LASTING_MS && !this.ending.has(path)) this.lasting.add(path);
    }
    const lasting = streams.filter((stream) => this.lasts(stream));
    for (const stream of streams) if (!lasting.includes(stream)) this.doubt(stream);
    signal.addEventListener('abort', () => this.forgetTimers(), { once: true });
    const rounds = { clock, signal, overMs: remainingMs * ROUNDS_SHARE };
    await inRounds(lasting, rounds, (stream) => void this.tellSoon(stream));
  }

  /** No time is left. */
  cut(): void {
    for (const stream of this.streams) this.tell(stream);
  }

  private begin(path: string, call: StreamingCall): void {
    const now = this.clock.now();
    const stream: Stream = { path, call, since: now, spoke: now, heard: 0 };
    const write = call.write.bind(call);
    call.write = (...args) => {
      stream.spoke = this.clock.now();
      return write(...args);
    };
    const push = call.push?.bind(call);
    if (push) {
      call.push = (...args) => {
        stream.heard += 1;
        return push(...args);
      };
    }
    this.streams.add(stream);
    call.once('close', () => this.streams.delete(stream));
    call.once('finish', () => {
      const byItself = this.streams.has(stream) && !call.cancelled;
      this.streams.delete(stream);
      const soon = this.clock.now() - stream.since <= LASTING_MS;
      if (byItself && soon && (call.pendingStatus?.code ?? 0) === 0) this.ending.add(path);
    });
    if (this.draining) this.doubt(stream);
  }

  private lasts({ path, call }: Stream): boolean {
    const said = this.lastsForever(path);
    if (said !== undefined) return said;
    if (this.ending.has(path) || !this.lasting.has(path)) return false;
    return !this.endsInTime(call);
  }

  private endsInTime(call: StreamingCall): boolean {
    const deadline = call.getDeadline?.() ?? Infinity;
    const { remainingMs = 0 } = this.draining ?? {};
    return Number(deadline) - this.clock.now() < remainingMs * PATIENCE;
  }

  /** Looks again when its time may be over. */
  private doubt(stream: Stream): void {
    const leftMs = this.patienceWith(stream);
    if (leftMs === undefined) return;
    const timer = this.clock.setTimeout(
      () => {
        this.timers.delete(timer);
        if (!this.streams.has(stream)) return;
        if (leftMs <= 0) void this.tellSoon(stream);
        else this.doubt(stream);
      },
      Math.max(0, leftMs),
    );
    this.timers.add(timer);
  }

  /** How long it may go on, in milliseconds; undefined when it is expected to end by itself. */
  private patienceWith({ path, call, spoke }: Stream): number | undefined {
    const said = this.lastsForever(path);
    if (!this.draining || said === false) return undefined;
    if (said) return 0; // it has come since the drain began, and its handler is not to find it ended
    if (this.ending.has(path) || this.endsInTime(call)) return undefined;
    const { from, remainingMs } = this.draining;
    const patienceMs = remainingMs * PATIENCE;
    const silentAt = Math.max(from, spoke) + patienceMs * SILENCE;
    return Math.min(from + patienceMs, silentAt) - this.clock.now();
  }

  /** Once what has arrived by now is heard: `@grpc/grpc-js` throws away what comes after a status. */
  private async tellSoon(stream: Stream): Promise<void> {
    let heard = -1;
    for (let turns = 0; turns < MOST_TURNS && heard !== stream.heard; turns += 1) {
      ({ heard } = stream);
      await turn();
    }
    this.tell(stream);
  }

  /** What has been written arrives before. Its handler hears of a caller that has gone, as soon as the stream is closed. */
  private tell(stream: Stream): void {
    const { call } = stream;
    if (!this.streams.delete(stream)) return;
    call.write = () => true; // a write after the end would be an error of the handler's
    if (!('pendingStatus' in call)) return void call.emit('error', UNAVAILABLE);
    Object.defineProperty(call, 'pendingStatus', { get: () => UNAVAILABLE, set() {} });
    call.end();
  }

  /** Nothing is left to be told. */
  forgetTimers(): void {
    for (const timer of this.timers) this.clock.clearTimeout(timer);
    this.timers.clear();
  }
}
