import type { IntegrationHost, WorkCounter, WorkInFlight } from '../../engine/integration.js';
import { hasMethods } from '../kit/shape.js';
import type { RpcServer } from './rpc-server.js';

/** The contexts of messages that a counter has begun to count, of all servers. */
const beingHandled = new WeakSet<object>();

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
  private readonly arrivalsAndReplies: WorkCounter;
  private readonly ends = new WeakMap<object, () => void>();
  /** While a packet of a reply is handed over: what ends when the reply does. */
  private replying?: Array<() => void>;
  /** What ends the messages that have arrived, the oldest first. */
  private readonly arrived = new Set<() => void>();
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
    this.arrivalsAndReplies = host.counter();
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
    server.handleMessage = (...args) => {
      this.lastArrival = clock.now();
      const counted = this.arrivalsAndReplies.begin('message');
      const end = () => {
        this.arrived.delete(end);
        counted();
      };
      this.arrived.add(end);
      const handling = handle.apply(server, args);
      Promise.resolve(handling).then(end, end);
      return handling;
    };
  }

  private countHandlers(server: RpcServer): void {
    let { onProcessingStartHook: start, onProcessingEndHook: end } = server;
    const letArrivalGo = () => {
      this.abandon();
      [...this.arrived][0]?.(); // it is of no account which of them: nothing else is in flight
    };
    const stepsAside = this.options.isWaitedFor ? undefined : letArrivalGo;
    server.setOnProcessingStartHook((transport, context, done) => {
      const counted = this.handlers.begin(nameOf(context), stepsAside);
      const over = () => {
        beingHandled.delete(context);
        counted();
      };
      beingHandled.add(context);
      this.ends.set(context, over);
      const run = () => {
        const running = this.handlers.within(counted, done);
        // Microservices 11 has no end for a handler that rejects, which takes an exception filter that throws.
        Promise.resolve(running).then(this.options.endsWithItsRun ? over : undefined, over);
        return running;
      };
      return start ? start.call(server, transport, context, run) : run();
    });
    server.setOnProcessingEndHook((transport, context) => {
      const over = this.ends.get(context);
      if (this.replying && over) this.replying.push(over);
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
      const ends = [this.arrivalsAndReplies.begin('reply')];
      const over = () => ends.splice(0).forEach((end) => end());
      return send.call(server, stream, async (packet) => {
        const { isDisposed } = packet; // a transport makes a message of the packet
        try {
          await this.during(ends, () => respond(packet));
        } catch (error) {
          over();
          if (!this.abandoned) throw error;
        }
        if (isDisposed) over();
      });
    };
  }

  private during(ends: Array<() => void>, respond: () => unknown): unknown {
    this.replying = ends;
    try {
      return respond();
    } finally {
      this.replying = undefined;
    }
  }
}

/** Such as `orders.create`: the pattern, which each transport's context calls by another name. */
function nameOf(context: object): string {
  const getter = GETTERS.find((name) => hasMethods(context, name));
  return getter ? String((context as Record<string, () => unknown>)[getter]?.()) : 'message';
}

const GETTERS = ['getPattern', 'getChannel', 'getSubject', 'getTopic'];
