import type { IntegrationHost, WorkCounter, WorkInFlight } from '../../engine/integration.js';
import { Tally } from '../../time/tally.js';
import { hasMethods } from '../kit/shape.js';
import type { ReplyPacket, Respond, RpcServer } from './rpc-server.js';

/** The contexts of messages that a counter has begun to count, of all servers, and what says that they are handled. */
const beingHandled = new WeakMap<object, () => void>();

/** Whether it is the context of a message that is counted already. */
export function isBeingHandled(context: unknown): boolean {
  return typeof context === 'object' && context !== null && beingHandled.has(context);
}

/**
 * Counts the messages of one server.
 *
 * ```
 * arrived      handleMessage()        its deserializer may take its time
 * handled      processing hooks       what is named in the report
 * replied      send()                 the end hook comes before the reply, in microservices 11 before its first packet
 * ```
 */
export class MessageCounter {
  /** When a message last arrived, on the clock. */
  lastArrival = 0;
  private readonly handlers: WorkCounter;
  private readonly arrivalsAndReplies = new Tally();
  /** How many have arrived and are not over yet, and how many of those are not waited for any more. */
  private arrivals = 0;
  private letGo = 0;
  /** While a packet of it is handed over. */
  private replying?: Reply;
  private abandoned = false;

  /**
   * With `endsWithItsRun` a handler is over when its run is, also without an end hook. `isWaitedFor` says that closing the
   * client of the library waits for handlers.
   */
  constructor(
    server: RpcServer,
    host: IntegrationHost,
    private readonly options: {
      readonly endsWithItsRun?: boolean;
      readonly isWaitedFor?: boolean;
    } = {},
  ) {
    this.handlers = host.counter();
    this.countArrivals(server, host);
    this.countHandlers(server);
    this.countReplies(server);
  }

  list(): WorkInFlight[] {
    return this.handlers.list();
  }

  get begun(): number {
    return this.handlers.begun;
  }

  /** Resolves when all that has arrived is handled, and the replies are handed to the transport; or at the abort. */
  async idle(signal: AbortSignal): Promise<void> {
    do {
      await this.handlers.idle(signal);
      await this.arrivalsAndReplies.idle(signal);
    } while (!signal.aborted && this.handlers.count > 0);
  }

  /** The connections are about to go: microservices 11 would end the process for a reply that comes too late. */
  abandon(): void {
    this.abandoned = true;
  }

  private countArrivals(server: RpcServer, { clock }: IntegrationHost): void {
    const handle = server.handleMessage;
    if (!handle) return;
    const tally = this.arrivalsAndReplies;
    const end = () => {
      if (this.letGo > 0) this.letGo -= 1;
      else this.arrivalOver();
    };
    server.handleMessage = (...args) => {
      this.lastArrival = clock.now();
      tally.add();
      this.arrivals += 1;
      const handling = handle.apply(server, args);
      Promise.resolve(handling).then(end, end);
      return handling;
    };
  }

  private arrivalOver(): void {
    this.arrivals -= 1;
    this.arrivalsAndReplies.remove();
  }

  private countHandlers(server: RpcServer): void {
    let { onProcessingStartHook: start, onProcessingEndHook: end } = server;
    const letArrivalGo = () => {
      this.abandon();
      if (this.arrivals === 0) return;
      this.letGo += 1; // it is of no account which of them: nothing else is in flight
      this.arrivalOver();
    };
    const stepsAside = this.options.isWaitedFor ? undefined : letArrivalGo;
    // Microservices 11 has no end for a handler that rejects, which takes an exception filter that throws.
    const endsRejected = !hasMethods(server, 'runWithProcessingHooks');
    const { endsWithItsRun } = this.options;
    server.setOnProcessingStartHook((transport, context, done) => {
      const counted = this.handlers.begin(() => nameOf(context), stepsAside);
      const over = () => {
        beingHandled.delete(context);
        counted();
      };
      beingHandled.set(context, over);
      const run = () => {
        const running = this.handlers.within(counted, done);
        if (endsRejected || endsWithItsRun) {
          Promise.resolve(running).then(endsWithItsRun ? over : undefined, over);
        }
        return running;
      };
      return start ? start.call(server, transport, context, run) : run();
    });
    server.setOnProcessingEndHook((transport, context) => {
      const over = beingHandled.get(context);
      if (this.replying && over) this.replying.handled.push(over);
      else over?.();
      return end?.call(server, transport, context);
    });
    // There is one place for each, and a tracer may want it after us: it gets what we had found there.
    server.setOnProcessingStartHook = (hook) => void (start = hook);
    server.setOnProcessingEndHook = (hook) => void (end = hook);
  }

  private countReplies(server: RpcServer): void {
    const { send } = server;
    server.send = (stream, respond) => {
      const reply = new Reply(this.arrivalsAndReplies);
      return send.call(server, stream, (packet) => this.respond(packet, respond, reply));
    };
  }

  /** Nest waits for what it returns. No promise for a transport that gives none. */
  private respond(packet: ReplyPacket, respond: Respond, reply: Reply): unknown {
    const { isDisposed } = packet; // a transport makes a message of the packet
    const written = () => {
      if (isDisposed) reply.end();
    };
    const failed = (error: unknown) => {
      reply.end();
      if (!this.abandoned) throw error;
    };
    let writing: unknown;
    this.replying = reply;
    try {
      writing = respond(packet);
    } catch (error) {
      return failed(error);
    } finally {
      this.replying = undefined;
    }
    const isAwaited = typeof (writing as PromiseLike<unknown> | undefined)?.then === 'function';
    return isAwaited ? Promise.resolve(writing).then(written, failed) : written();
  }
}

/** One reply until its last packet is handed over, and what is handled with it. */
class Reply {
  readonly handled: Array<() => void> = [];
  private isOver = false;

  constructor(private readonly tally: Tally) {
    tally.add();
  }

  end(): void {
    if (!this.isOver) this.tally.remove();
    this.isOver = true;
    for (const over of this.handled.splice(0)) over();
  }
}

/** Such as `orders.create`: the pattern, which each transport's context calls by another name. */
function nameOf(context: object): string {
  const getter = GETTERS.find((name) => hasMethods(context, name));
  return getter ? String((context as Record<string, () => unknown>)[getter]?.()) : 'message';
}

const GETTERS = ['getPattern', 'getChannel', 'getSubject', 'getTopic'];
