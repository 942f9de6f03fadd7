import type { Clock } from '../../time/clock.js';
import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { lastMoment } from '../kit/last-moment.js';
import { MessageCounter } from './message-counter.js';
import type { Handlers, RpcServer } from './rpc-server.js';
import { settled } from '../../time/settled.js';

/** `ServerKafka` (microservices 11 and 12, `server/server-kafka.js`). */
interface KafkaServer extends RpcServer {
  readonly groupId?: string;
  readonly options?: { readonly run?: { readonly autoCommit?: boolean } };
  readonly consumer?: Consumer | null;
  /** Nest's servers for Kafka have no other topics; in microservices 12 a pattern can be a regular expression. */
  readonly messageHandlers: ReadonlyMap<unknown, unknown> & Handlers;
}

/** Of `kafkajs` 2. */
interface Consumer {
  /**
   * Begins no message any more, waits for what runs and for the fetch that is out, commits what is done, and leaves the
   * group; the connection stays. From its call on `commitOffsets()` does nothing, and says nothing of it.
   */
  stop(): Promise<void>;
  /** Throws before the consumer has joined its group. */
  pause?(topics: ReadonlyArray<{ topic: string }>): void;
}

/** What a commit that kafkajs makes by itself may take after the last message has been handled, in milliseconds. */
const COMMIT_MS = 500;
/** How long its connection may take to close, in milliseconds, when a fetch without messages is still out. */
const CLOSE_MS = 20;

/** Leaves the group, so that others have its partitions at once. It can't come back: only `run()` would, with a new setup. */
export function kafkaSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as KafkaServer;
  const { clock } = host;
  // Microservices 11 has no end hook for an event whose handler returns no observable.
  const messages = new MessageCounter(server, host, { endsWithItsRun: true, isWaitedFor: true });
  const gate = new Gate(server);
  let stopped: Promise<void> | undefined;
  /** Whether kafkajs may have something to commit by itself. */
  let mayCommit = false;
  let fetchIsOut = false;

  // Not waited for at T0, because it waits for what runs.
  function stop(): void {
    stopped ??= server.consumer?.stop();
    stopped?.catch(() => undefined);
    gate.open(); // it has stopped by now, and what was held back is neither handled nor committed
  }

  const { close } = server;
  server.close = async () => {
    const closing = Promise.resolve(close.call(server));
    // It would wait for that fetch, in which there is nothing for us.
    if (fetchIsOut) await within(CLOSE_MS, closing, clock);
    else await closing;
  };
  return {
    name: `Kafka group ${server.groupId ?? ''}`.trim(),
    kind: 'message',
    stopTaking() {
      mayCommit = messages.list().length > 0;
      if (server.options?.run?.autoCommit === false) {
        // Its handlers commit, so it has to run until the last of them is over.
        gate.close();
        pauseAll(server);
        void messages.idle(new AbortController().signal).then(stop);
      } else {
        stop();
      }
    },
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release() {
      messages.abandon();
      stop();
    },
    async finished(signal, remainingMs) {
      const until = lastMoment(clock, remainingMs);
      // Its producer is disconnected later; replies are sent after `eachMessage`, which is all that `stop()` waits for.
      await messages.idle(signal);
      if (signal.aborted) return;
      stop();
      const leftMs = until - clock.now();
      const end = settled(stopped, signal);
      // When nothing is in hand, and what there was to commit is committed, only a fetch is out, which need not come back.
      if (leftMs < (mayCommit ? COMMIT_MS : 0)) await end;
      else fetchIsOut = !(await within(leftMs, end, clock));
    },
  };
}

/** Holds back what has been fetched and not begun: kafkajs looks for a pause only after a message. */
class Gate {
  private held?: Promise<void>;
  private letGo: () => void = () => undefined;

  constructor(server: KafkaServer) {
    const handle = server.handleMessage;
    server.handleMessage = (...args) => this.held ?? handle?.apply(server, args);
  }

  close(): void {
    this.held = new Promise((resolve) => (this.letGo = resolve));
  }

  open(): void {
    this.letGo();
  }
}

function pauseAll({ consumer, messageHandlers }: KafkaServer): void {
  const topics = [...messageHandlers.keys()].flatMap((topic) =>
    typeof topic === 'string' ? { topic } : [],
  );
  try {
    consumer?.pause?.(topics);
  } catch {
    // It has not joined its group, and gets nothing.
  }
}

async function within(ms: number, promise: Promise<unknown>, clock: Clock): Promise<boolean> {
  let over: (inTime: boolean) => void = () => undefined;
  const limit = new Promise<boolean>((resolve) => (over = resolve));
  const timer = clock.setTimeout(() => over(false), Math.max(0, ms));
  promise.then(
    () => over(true),
    () => over(true),
  );
  const inTime = await limit;
  clock.clearTimeout(timer);
  return inTime;
}
