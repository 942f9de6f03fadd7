import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../time/clock.js';
import {
  cutResponse,
  endEventStream,
  isEventStream,
  onHead,
  sayRetry,
  type Farewell,
} from './event-stream.js';
import { setImmediate, turn } from '../time/real-timers.js';

/** A stream that has lasted longer than this, in milliseconds, is not expected to end by itself; see `EventStreams`. */
const LASTING_MS = 60_000;
/** What of the drain a stream may use that may yet end by itself. What is left is for telling the others, in rounds. */
const PATIENCE = 3 / 4;
/** What of that time a stream may be silent for. */
const SILENCE = 1 / 3;
/** Where somebody waits for the end: at the keyboard, or for `app.close()`. In milliseconds. */
const SHORT_PATIENCE_MS = 3_000;

/** How streams of server-sent events are dealt with in a drain. */
export interface EventStreamSettings {
  readonly farewell: Farewell;
  /** What the application has said of a route: true for streams that last for ever, false for those that end. */
  readonly isEndless: (request: IncomingMessage) => boolean | undefined;
  /** The name of a request's route. */
  readonly routeOf: (request: IncomingMessage) => string;
  /** Whether the application ends its streams itself, in a hook that Nest has yet to call. */
  readonly endedByHooks: () => boolean;
  /** Calls back for each item, in rounds that take `overMs` milliseconds at most. */
  readonly inRounds: <T>(
    items: readonly T[],
    overMs: number,
    signal: AbortSignal,
    each: (item: T) => void,
  ) => Promise<void>;
}

/** How long a drain can wait, and who else has to know. */
export interface StreamDrain {
  readonly remainingMs: number;
  /** Aborts at the drain's deadline. */
  readonly signal: AbortSignal;
  /** Somebody waits for the end, and no other instance for the clients. */
  readonly hurry: boolean;
  /** A stream is no longer waited for, though its connection is open. */
  readonly left: (response: ServerResponse) => void;
  /** An answer has turned out to be a stream of events. */
  readonly found: (response: ServerResponse) => void;
}

/**
 * Streams of server-sent events in a drain. One that ends by itself, as the answer of a language model, is a response as any
 * other, and is waited for. One that would last for ever is told to come back. Its type does not say which it is:
 *
 * ```
 * not GET                     ends: whoever posts waits for an answer. At the deadline it is cut, never ended cleanly
 * the route is named          as the application says
 * Last-Event-ID               lasts: its client has come back to it before
 * older than a minute         lasts, and so do all others of its route
 * anything else               is waited for: up to three quarters of the drain, or a quarter if nothing comes from it
 * ```
 */
export class EventStreams {
  /** Streams that may end by themselves, with the time of the last thing that was written to them. */
  private readonly doubtful = new Map<ServerResponse, number>();
  private readonly betweenEvents = new WeakMap<ServerResponse, boolean>();
  /** Streams whose end is left to the hooks of the application. */
  private readonly leftToHooks = new Set<ServerResponse>();
  private readonly known = new WeakSet<ServerResponse>();
  private readonly endlessRoutes = new Set<string>();
  private drain?: StreamDrain & { readonly startedAt: number; readonly patienceMs: number };
  private timer?: TimerHandle;

  constructor(
    private readonly settings: EventStreamSettings,
    private readonly clock: Clock,
  ) {}

  /** The drain begins. */
  begin(drain: StreamDrain): void {
    const share = drain.remainingMs * PATIENCE;
    const patienceMs = drain.hurry ? Math.min(share, SHORT_PATIENCE_MS) : share;
    this.drain = { ...drain, startedAt: this.clock.now(), patienceMs };
    drain.signal.addEventListener('abort', () => this.forgetTimer(), { once: true });
  }

  /** Looks at responses in flight, those that have no head yet included; each with the time of its request. */
  follow(responses: ReadonlyArray<{ response: ServerResponse; since: number }>): void {
    const streams = responses.filter(({ response }) => !this.known.has(response));
    for (const { response, since } of streams) {
      this.known.add(response);
      if (response.headersSent) continue;
      // Not in the turn of the head, for its writer has not written on yet.
      const look = () => setImmediate(() => this.look([{ response, since }]));
      onHead(response, look);
    }
    this.look(streams);
  }

  /** Whether a response is one whose end is left to the application's hooks: nobody waits for it in the drain. */
  isLeft(response: ServerResponse): boolean {
    return this.leftToHooks.has(response);
  }

  /** Whether the stream is one that ends cleanly at any time; any other response that has to be cut is cut. */
  endsCleanly(response: ServerResponse): boolean {
    return response.req.method === 'GET' && isEventStream(response) && this.mayLast(response.req);
  }

  /** Ends a stream at once. In answer to a POST it is cut: half an answer must not be taken for the whole. */
  end(response: ServerResponse): void {
    this.doubtful.delete(response);
    const wasLeft = this.leftToHooks.delete(response);
    if (response.req.method !== 'GET') return cutResponse(response);
    const { lastEvent, retryMs } = this.settings.farewell;
    const farewell = { lastEvent, retryMs: wasLeft ? 0 : retryMs }; // those have been told when to come back
    endEventStream(response, farewell, this.betweenEvents.get(response) ?? true);
  }

  /** Ends those that were left to the application and that it has not ended: what it has written last is out soon. */
  async endThoseLeft(): Promise<void> {
    if (this.leftToHooks.size === 0) return;
    await turn();
    await turn();
    for (const response of [...this.leftToHooks]) this.end(response);
  }

  private look(responses: ReadonlyArray<{ response: ServerResponse; since: number }>): void {
    const { drain } = this;
    if (!drain) return;
    const streams = responses.filter(({ response }) => isOpenStream(response));
    for (const { response } of streams) drain.found(response);
    const mayLast = streams.filter(({ response }) => this.mayLast(response.req));
    for (const { response, since } of mayLast) {
      if (this.lasts(response.req, since)) {
        this.endlessRoutes.add(this.settings.routeOf(response.req));
      }
    }
    for (const { response } of mayLast) {
      this.doubtful.set(response, drain.startedAt);
      this.watch(response);
    }
    this.tellThoseDue();
  }

  private mayLast(request: IncomingMessage): boolean {
    const said = this.settings.isEndless(request);
    return said ?? request.method === 'GET';
  }

  private lasts(request: IncomingMessage, since: number): boolean {
    if (this.settings.isEndless(request) === true) return true;
    if (request.headers['last-event-id'] !== undefined) return true;
    const patienceMs = this.drain?.patienceMs ?? 0;
    return this.clock.now() - since > Math.max(LASTING_MS, patienceMs);
  }

  /** Hears of what is written: when, and whether an event is whole. */
  private watch(response: ServerResponse): void {
    const write = response.write.bind(response) as (...args: unknown[]) => boolean;
    response.write = ((chunk: unknown, ...rest: unknown[]) => {
      if (this.doubtful.has(response)) this.doubtful.set(response, this.clock.now());
      this.betweenEvents.set(response, endsAnEvent(chunk));
      return write(chunk, ...rest);
    }) as ServerResponse['write'];
    response.once('close', () => {
      this.doubtful.delete(response);
      this.leftToHooks.delete(response);
    });
  }

  /** Tells those whose time is over, and looks again when the next one's is. */
  private tellThoseDue(): void {
    const { drain } = this;
    if (!drain) return;
    this.forgetTimer();
    const now = this.clock.now();
    const due = [...this.doubtful].filter(([{ req }, heardAt]) => this.dueAt(req, heardAt) <= now);
    for (const [response] of due) this.doubtful.delete(response);
    this.tell(due.map(([response]) => response));
    if (this.doubtful.size === 0 || drain.signal.aborted) return;
    const next = Math.min(...[...this.doubtful].map(([{ req }, at]) => this.dueAt(req, at)));
    this.timer = this.clock.setTimeout(() => this.tellThoseDue(), Math.max(1, next - now));
  }

  private dueAt(request: IncomingMessage, heardAt: number): number {
    const { startedAt, patienceMs } = this.drain ?? { startedAt: 0, patienceMs: 0 };
    if (this.endlessRoutes.has(this.settings.routeOf(request))) return startedAt;
    return Math.min(startedAt + patienceMs, heardAt + patienceMs * SILENCE);
  }

  /** Clients that are told to go come back elsewhere, and must not all come in one moment. */
  private tell(responses: readonly ServerResponse[]): void {
    const { drain } = this;
    if (!drain || responses.length === 0) return;
    if (this.settings.endedByHooks()) {
      for (const response of responses) this.leave(response, drain);
      return;
    }
    const leftMs = drain.startedAt + drain.remainingMs - this.clock.now();
    void this.settings.inRounds(responses, leftMs / 2, drain.signal, (response) => {
      this.end(response);
    });
  }

  /** Its last event is the application's own, and comes with a hook: until then the client may hear when to come back. */
  private leave(response: ServerResponse, drain: StreamDrain): void {
    this.leftToHooks.add(response);
    if (this.betweenEvents.get(response) ?? true) sayRetry(response, this.settings.farewell);
    drain.left(response);
  }

  private forgetTimer(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}

function isOpenStream(response: ServerResponse): boolean {
  return isEventStream(response) && !response.writableEnded && !response.destroyed;
}

/** Whether what was written ends with an empty line, as every event does, or with a comment. */
function endsAnEvent(chunk: unknown): boolean {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return true;
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
  if (!/[\r\n]$/.test(text)) return false;
  const last = text.split(/\r\n|\r|\n/).at(-2) ?? '';
  return last === '' || last.startsWith(':');
}
