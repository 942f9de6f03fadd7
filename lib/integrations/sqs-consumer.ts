import type { IntegrationHost, WorkCounter, WorkSource } from '../engine/integration.js';
import { untilNone, within } from '../time/waits.js';
import { clientIntegration } from './kit/client-integration.js';
import { lastMoment } from './kit/last-moment.js';
import { hasMethods } from './kit/shape.js';

interface Message {
  readonly MessageId?: string;
}

interface Response {
  readonly Messages?: readonly Message[];
}

/** A `Consumer` of sqs-consumer 11 to 15 (`dist/esm/consumer.js`): it polls, or it handles what has come, never both. */
interface Consumer {
  readonly queueUrl: string;
  readonly status: { readonly isRunning: boolean; readonly isPolling: boolean };
  /** Of the requests to AWS; replaced when the consumer starts. */
  abortController?: AbortController;
  poll(): void;
  receiveMessage(params: unknown): Promise<Response | undefined>;
  handleSqsResponse(response: Response): Promise<unknown>;
  /** From the handler's call until the message is deleted. */
  processMessage(message: Message): Promise<unknown>;
  processMessageBatch(messages: readonly Message[]): Promise<unknown>;
  /** Resolve with the answer of AWS; when there is none, the consumer emits `error`. */
  changeVisibilityTimeout(message: Message, seconds: number): Promise<unknown>;
  changeVisibilityTimeoutBatch(messages: readonly Message[], seconds: number): Promise<unknown>;
}

/**
 * Consumers of sqs-consumer, also those of `@ssut/nestjs-sqs`. None polls after T0; what runs is handled and deleted; what
 * a poll brings that was out at T0 goes back at once. `stop({ abort: true })` is never called: it would abort the delete
 * of a message that has been handled, which then comes again.
 */
export const sqsConsumer = clientIntegration<Consumer>({
  name: 'sqs-consumer',
  signs: ['handleSqsResponse'],
  isClient: isConsumer,
  sourceOf: (consumer, host) => new ConsumerSource(consumer, host),
});

class ConsumerSource implements WorkSource {
  readonly name: string;
  readonly kind = 'message';
  private readonly queue: string;
  private readonly messages: WorkCounter;
  private readonly running = new Set<Message>();
  /** Given back while their handlers run. */
  private readonly released = new WeakSet<Message>();
  private readonly methods: Omit<Consumer, 'queueUrl' | 'status'>;
  private stopped = false;
  /** It would have polled. */
  private wantsToPoll = false;
  /** A request for messages is out, and we have seen it go. */
  private isReceiving = false;
  private isAborting = false;

  constructor(
    private readonly consumer: Consumer,
    private readonly host: IntegrationHost,
  ) {
    this.queue = consumer.queueUrl.split('/').at(-1) ?? '';
    this.name = `SQS consumer ${this.queue}`;
    this.messages = host.counter();
    this.methods = {
      poll: consumer.poll.bind(consumer),
      receiveMessage: consumer.receiveMessage.bind(consumer),
      handleSqsResponse: consumer.handleSqsResponse.bind(consumer),
      processMessage: consumer.processMessage.bind(consumer),
      processMessageBatch: consumer.processMessageBatch.bind(consumer),
      changeVisibilityTimeout: consumer.changeVisibilityTimeout.bind(consumer),
      changeVisibilityTimeoutBatch: consumer.changeVisibilityTimeoutBatch.bind(consumer),
    };
    this.watchPolls();
    this.watchMessages();
    this.watchVisibility();
  }

  /** The consumer itself is not stopped, so that it does what the application asks of it, with the events of that. */
  stopTaking(): void {
    this.stopped = true;
  }

  takeAgain(): void {
    this.stopped = false;
    if (this.wantsToPoll && this.consumer.status.isRunning) this.methods.poll();
    this.wantsToPoll = false;
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.messages.list();
  }

  begun(): number {
    return this.messages.begun;
  }

  /**
   * Waits for the poll that is out, too: what AWS has put into its answer would stay invisible to others for the whole
   * visibility timeout if the connection were closed. When its time is over, or somebody waits, it is ended all the same.
   */
  async finished(signal: AbortSignal, remainingMs: number): Promise<void> {
    const { clock } = this.host;
    const until = lastMoment(clock, remainingMs);
    await this.messages.idle(signal);
    if (signal.aborted || !this.polls()) return;
    const back = untilNone(this.polls, signal, clock);
    const leftMs = this.host.hurry ? 0 : Math.max(0, until - clock.now());
    if (await within(leftMs, back, clock)) return;
    this.abortPoll();
    await back;
  }

  /** Others get at once what could not finish here, instead of when its visibility timeout is over. */
  async release(): Promise<number> {
    const back = [...this.running].map(async (message) => {
      this.released.add(message);
      return this.methods.changeVisibilityTimeout(message, 0);
    });
    const answers = await Promise.allSettled(back);
    return answers.filter((answer) => answer.status === 'fulfilled' && answer.value).length;
  }

  private readonly polls = () => (this.consumer.status.isPolling ? 1 : 0);

  /** Nothing else is on its way when a poll is: its signal is that of deletes as well. */
  private abortPoll(): void {
    const { consumer } = this;
    if (!this.isReceiving) return;
    this.isAborting = true;
    consumer.abortController?.abort();
    consumer.abortController = new AbortController();
  }

  private watchPolls(): void {
    const { consumer, methods } = this;
    consumer.poll = () => {
      if (this.stopped) this.wantsToPoll = true;
      else methods.poll();
    };
    consumer.receiveMessage = async (params) => {
      this.isReceiving = true;
      try {
        return await methods.receiveMessage(params);
      } catch (error) {
        if (this.isAborting) return {}; // nobody need hear of it
        throw error;
      } finally {
        this.isReceiving = false;
        this.isAborting = false;
      }
    };
    consumer.handleSqsResponse = async (response) => {
      const { Messages: late = [] } = response ?? {};
      if (!this.stopped || late.length === 0) return methods.handleSqsResponse(response);
      return methods.changeVisibilityTimeoutBatch(late, 0);
    };
  }

  private watchMessages(): void {
    const { consumer, methods } = this;
    consumer.processMessage = (message) =>
      this.counted([message], () => methods.processMessage(message));
    consumer.processMessageBatch = (messages) =>
      this.counted(messages, () => methods.processMessageBatch(messages));
  }

  private async counted(messages: readonly Message[], handle: () => Promise<unknown>) {
    const ends = messages.map((message) => {
      this.running.add(message);
      return this.messages.begin(`message ${this.queue}`);
    });
    try {
      const [first = () => undefined] = ends;
      return await this.messages.within(first, handle);
    } finally {
      for (const message of messages) this.running.delete(message);
      for (const end of ends) end();
    }
  }

  /** A heartbeat would take back what was given back. */
  private watchVisibility(): void {
    const { consumer, methods, released } = this;
    consumer.changeVisibilityTimeout = async (message, seconds) =>
      released.has(message) ? undefined : methods.changeVisibilityTimeout(message, seconds);
    consumer.changeVisibilityTimeoutBatch = async (messages, seconds) => {
      const held = messages.filter((message) => !released.has(message));
      return held.length === 0 ? undefined : methods.changeVisibilityTimeoutBatch(held, seconds);
    };
  }
}

function isConsumer(object: object): object is Consumer {
  const isOne = hasMethods(
    object,
    'poll',
    'receiveMessage',
    'handleSqsResponse',
    'processMessage',
    'processMessageBatch',
    'changeVisibilityTimeout',
    'changeVisibilityTimeoutBatch',
  );
  return isOne && typeof (object as Partial<Consumer>).queueUrl === 'string';
}
