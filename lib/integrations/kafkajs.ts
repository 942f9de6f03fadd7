import type { IntegrationHost, WorkCounter, WorkSource } from '../engine/integration.js';
import { deferred, within, type Deferred } from '../time/waits.js';
import { settled } from '../time/settled.js';
import { clientIntegration } from './kit/client-integration.js';
import { lastMoment } from './kit/last-moment.js';
import { hasMethods } from './kit/shape.js';

interface Payload {
  readonly topic?: string;
  readonly batch?: { readonly topic: string };
}

type Each = (payload: Payload) => Promise<void>;

interface Run {
  readonly autoCommit?: boolean;
  readonly eachMessage?: Each;
  readonly eachBatch?: Each;
}

interface GroupJoin {
  readonly payload: { readonly memberAssignment?: Readonly<Record<string, unknown>> };
}

/** A consumer of kafkajs 2, which has no class. */
interface Consumer {
  readonly events: { readonly GROUP_JOIN: string };
  on(event: string, listener: (event: GroupJoin) => void): unknown;
  run(config?: Run): Promise<void>;
  /**
   * Begins no message any more, waits for what runs and for the fetch that is out, commits, and leaves the group; the
   * connection stays. From its call on `commitOffsets()` does nothing, and says nothing of it.
   */
  stop(): Promise<void>;
  disconnect(): Promise<void>;
  pause(topics: ReadonlyArray<{ readonly topic: string }>): void;
}

/**
 * Consumers of kafkajs that providers run themselves. None begins a message after T0, what runs is finished and committed,
 * and the group is left, so that others have its partitions at once. It can't come back: `run()` after `stop()` does not
 * join again (kafkajs 2.2.4).
 */
export const kafkajs = clientIntegration<Consumer>({
  name: 'kafkajs',
  signs: ['commitOffsets'],
  isClient: isConsumer,
  sourceOf: (consumer, host, name) => new ConsumerSource(name, consumer, host),
});

class ConsumerSource implements WorkSource {
  readonly kind = 'message';
  private readonly messages: WorkCounter;
  private readonly methods: Pick<Consumer, 'run' | 'stop'>;
  private topics: string[] = [];
  private stopped = false;
  /** Its handlers commit. */
  private commitsByHand = false;
  private stopping?: Promise<void>;
  /** Holds back what has been fetched and not begun, where handlers commit. */
  private held?: Deferred;

  constructor(
    readonly name: string,
    private readonly consumer: Consumer,
    private readonly host: IntegrationHost,
  ) {
    this.messages = host.counter();
    this.methods = {
      run: consumer.run.bind(consumer),
      stop: consumer.stop.bind(consumer),
    };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.topics = Object.keys(payload.memberAssignment ?? {});
    });
    this.watchRun();
  }

  /** Not awaited: it waits for what runs. */
  stopTaking(): void {
    this.stopped = true;
    if (!this.commitsByHand) return this.stop();
    // It has to run until the last of its handlers is over.
    this.held = deferred();
    this.pause();
    void this.messages.idle(new AbortController().signal).then(() => this.stop());
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  /** A fetch without messages may be out for `maxWaitTimeInMs`; nothing is lost when it does not come back. */
  async finished(signal: AbortSignal, remainingMs: number): Promise<void> {
    const { clock } = this.host;
    const until = lastMoment(clock, remainingMs);
    await this.messages.idle(signal);
    if (signal.aborted) return;
    this.stop();
    await within(Math.max(0, until - clock.now()), settled(this.stopping, signal), clock);
  }

  release(): void {
    this.stop();
  }

  private stop(): void {
    this.stopping ??= this.methods.stop().catch(() => undefined);
    this.held?.resolve(); // it has stopped by now: what was held back is neither handled nor committed
  }

  private pause(): void {
    try {
      this.consumer.pause(this.topics.map((topic) => ({ topic })));
    } catch {
      // It has not joined its group, and gets nothing.
    }
  }

  private watchRun(): void {
    const { consumer, methods } = this;
    consumer.run = async (config = {}) => {
      if (this.stopped) return;
      this.commitsByHand = config.autoCommit === false;
      await methods.run({
        ...config,
        ...(config.eachMessage && { eachMessage: this.counting(config.eachMessage) }),
        ...(config.eachBatch && { eachBatch: this.counting(config.eachBatch) }),
      });
    };
  }

  private counting(each: Each): Each {
    return async (payload) => {
      if (this.held) return this.held.promise;
      const end = this.messages.begin(`message ${payload.topic ?? payload.batch?.topic ?? ''}`);
      try {
        await this.messages.within(end, () => each(payload));
      } finally {
        end();
      }
      return undefined;
    };
  }
}

function isConsumer(object: object): object is Consumer {
  const names = ['run', 'stop', 'disconnect', 'subscribe', 'commitOffsets', 'pause', 'on'];
  return hasMethods(object, ...names) && hasGroupJoin((object as Partial<Consumer>).events);
}

function hasGroupJoin(events: unknown): boolean {
  return typeof events === 'object' && events !== null && 'GROUP_JOIN' in events;
}
