import { constants } from 'node:os';
import { shared } from '../copies/shared.js';
import type { Clock } from '../shutdown/clock.js';
import type { FatalTrigger, ShutdownReason } from '../shutdown/reason.js';
import { fatalReason } from './fatal-errors.js';
import type { ProcessPort } from './process-port.js';

/**
 * A repeat of the same signal within this time is the same request, in milliseconds: Ctrl-C reaches the whole process
 * group, and npm passes on what the process has already received.
 */
const SAME_SIGNAL_MS = 250;

/** One application's interest in the end of its process. */
export interface SignalSubscriber {
  readonly signals: readonly NodeJS.Signals[];
  /** Errors that nobody caught shall end the process in order instead of at once. */
  readonly catchesFatalErrors?: boolean;
  /** The first signal. The process ends when all subscribers that were told have called `finished`. */
  onSignal(signal: NodeJS.Signals): void;
  /** The process is about to end, because a second signal came. */
  onForced(signal: NodeJS.Signals): void;
  /**
   * The process is to end, with the same consequences as a signal: another application has asked for it, or a fatal
   * error came. Without this method a subscriber takes no part in such an end.
   */
  onRequest?(reason: ShutdownReason): void;
  /**
   * An error that nobody caught, each one, for the log. The first has led to `onRequest` when this is called; `further`
   * ones come while the process is ending, and change nothing.
   */
  onFatalError?(trigger: FatalTrigger, error: unknown, further: boolean): void;
}

/** The end of one process, shared by all applications in it: one listener per signal, one exit for all. */
export class SignalHub {
  private readonly subscribers = new Set<SignalSubscriber>();
  private readonly listeners = new Map<NodeJS.Signals, () => void>();
  private readonly actions = new Map<NodeJS.Signals, Set<() => void>>();
  /** Who was told of the end that is under way, and who of them has not finished. */
  private readonly told = new Set<SignalSubscriber>();
  private readonly busy = new Set<SignalSubscriber>();
  /** The end that is under way, and the first signal in it, if it has had one. */
  private ending?: { readonly signal?: NodeJS.Signals; readonly at: number };
  private exitCode?: number;
  private readonly lastSteps: Array<() => Promise<void>> = [];
  private stopFatal?: () => void;

  constructor(
    private readonly port: ProcessPort,
    private readonly clock: Clock,
  ) {}

  /** Starts listening for a subscriber; returns the undo, which removes exactly our listeners. */
  subscribe(subscriber: SignalSubscriber): () => void {
    this.subscribers.add(subscriber);
    for (const signal of subscriber.signals) this.listenTo(signal);
    this.listenToFatal();
    return () => {
      this.subscribers.delete(subscriber);
      for (const signal of subscriber.signals) this.stopListeningTo(signal);
      this.finished(subscriber);
      this.listenToFatal();
    };
  }

  /** Calls back on a signal that asks for something else than the end; returns the undo. */
  subscribeAction(signal: NodeJS.Signals, action: () => void): () => void {
    const one = () => action(); // the same function may come from two applications
    const actions = this.actions.get(signal) ?? new Set();
    this.actions.set(signal, actions.add(one));
    this.listenTo(signal);
    return () => {
      if (actions.delete(one)) this.stopListeningTo(signal);
    };
  }

  /**
   * An application wants the process to end, as if a signal had come. All others are told, because it ends for all of
   * them. While the process is ending already, the application only joins in.
   */
  request(subscriber: SignalSubscriber, reason: ShutdownReason): void {
    if (this.told.has(subscriber)) return;
    this.ending ??= { at: this.clock.now() };
    this.told.add(subscriber);
    this.busy.add(subscriber);
    this.tellAll(reason);
  }

  /** Whether this subscriber has been told to end, or asked for it, and has not finished. */
  awaits(subscriber: SignalSubscriber): boolean {
    return this.busy.has(subscriber);
  }

  /**
   * A subscriber has shut down, and wants the process to end with this code, or does not care. Ends it once nobody else
   * is still at it, with the highest code of all, after the `lastStep` of each; these never reject.
   */
  finished(subscriber: SignalSubscriber, exitCode?: number, lastStep?: () => Promise<void>): void {
    if (!this.busy.delete(subscriber)) return;
    if (lastStep) this.lastSteps.push(lastStep);
    if (exitCode !== undefined) this.exitCode = Math.max(this.exitCode ?? 0, exitCode);
    if (this.busy.size > 0) return;
    this.ending = undefined; // for those who stay, the next signal is a first one again
    this.told.clear();
    this.listenToFatal();
    if (this.exitCode !== undefined) this.exit(this.exitCode);
  }

  private exit(code: number): void {
    const lastSteps = this.lastSteps.splice(0);
    if (lastSteps.length === 0) return this.port.exit(code);
    void Promise.all(lastSteps.map((step) => step())).then(() => this.port.exit(code));
  }

  private listenTo(signal: NodeJS.Signals): void {
    if (this.listeners.has(signal)) return;
    const listener = () => this.receive(signal);
    this.listeners.set(signal, listener);
    this.port.onSignal(signal, listener);
  }

  private stopListeningTo(signal: NodeJS.Signals): void {
    const listener = this.listeners.get(signal);
    if (!listener || this.actions.get(signal)?.size || this.isStopSignal(signal)) return;
    this.port.offSignal(signal, listener);
    this.listeners.delete(signal);
  }

  private isStopSignal(signal: NodeJS.Signals): boolean {
    return [...this.subscribers].some(({ signals }) => signals.includes(signal));
  }

  private receive(signal: NodeJS.Signals): void {
    for (const action of [...(this.actions.get(signal) ?? [])]) action();
    if (this.isStopSignal(signal)) this.stop(signal);
  }

  private stop(signal: NodeJS.Signals): void {
    const now = this.clock.now();
    const first = this.ending?.signal;
    if (this.ending && first) {
      if (signal === first && now - this.ending.at < SAME_SIGNAL_MS) return;
      for (const subscriber of this.subscribers) subscriber.onForced(signal);
      this.port.exit(exitCodeOfSignal(signal));
      return;
    }
    // The first signal during a requested end is no impatience: the platform can't know that it is under way.
    this.ending = { signal, at: now };
    this.tell(
      ({ signals }) => signals.includes(signal),
      (subscriber) => subscriber.onSignal(signal),
    );
  }

  /** As long as somebody wants it; and to the end of an end, or a further error would cut it short. */
  private listenToFatal(): void {
    const wanted = [...this.subscribers].some((one) => one.catchesFatalErrors && takesPart(one));
    if (wanted) {
      this.stopFatal ??= this.port.onFatal((trigger, error) => this.fail(trigger, error));
    } else if (this.busy.size === 0) {
      this.stopFatal?.();
      this.stopFatal = undefined;
    }
  }

  private fail(trigger: FatalTrigger, error: unknown): void {
    const further = this.ending !== undefined;
    if (!further) {
      this.ending = { at: this.clock.now() };
      this.tellAll(fatalReason(trigger, error));
    }
    for (const subscriber of [...this.subscribers]) {
      try {
        subscriber.onFatalError?.(trigger, error, further);
      } catch {
        // what is thrown in here, Node ends the process for
      }
    }
  }

  private tellAll(reason: ShutdownReason): void {
    this.tell(takesPart, (subscriber) => subscriber.onRequest?.(reason));
  }

  /** Everybody counts as busy before the first is told: it may finish at once. */
  private tell(
    which: (subscriber: SignalSubscriber) => boolean,
    how: (subscriber: SignalSubscriber) => void,
  ): void {
    const now = [...this.subscribers].filter((one) => !this.told.has(one) && which(one));
    for (const subscriber of now) this.told.add(subscriber);
    for (const subscriber of now) this.busy.add(subscriber);
    for (const subscriber of now) how(subscriber);
  }
}

function takesPart(subscriber: SignalSubscriber): boolean {
  return typeof subscriber.onRequest === 'function';
}

/** 128 + n, as shells report a death by signal n. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}

/** Shared with other copies of this package: the process ends when the applications of all are done. */
const hubs = shared('signal-hubs:1', () => new WeakMap<ProcessPort, SignalHub>());

/** The hub of a process; applications that share the process share the hub. */
export function signalHubOf(port: ProcessPort, clock: Clock): SignalHub {
  let hub = hubs.get(port);
  if (!hub) hubs.set(port, (hub = new SignalHub(port, clock)));
  return hub;
}
