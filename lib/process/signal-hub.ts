import { constants } from 'node:os';
import { shared } from '../copies/shared.js';
import type { Clock } from '../time/clock.js';
import type { FatalTrigger, ShutdownReason } from '../engine/reason.js';
import { fatalReason } from './fatal-errors.js';
import { Ending } from './ending.js';
import { ProcessEnd } from './process-end.js';
import type { ProcessPort, SignalListener } from './process-port.js';

/** How long a reader of stdout may be behind when a second signal ends the process, in milliseconds. */
const FORCED_OUTPUT_MS = 1_000;

/** One application's interest in the end of its process. */
export interface SignalSubscriber {
  /** May change; `SignalHub.signalsChanged()` is to be called then. */
  readonly signals: readonly NodeJS.Signals[];
  /** Errors that nobody caught shall end the process in order instead of at once. */
  readonly catchesFatalErrors?: boolean;
  /** The first signal. The process ends when all subscribers that were told have called `finished`. */
  onSignal(signal: NodeJS.Signals): void;
  /** The process is about to end, because a second signal came. */
  onForced(signal: NodeJS.Signals): void;
  /** A signal came again and changes nothing; told to one subscriber. `endsNow` is the one that would end it now. */
  onRepeated?(signal: NodeJS.Signals, endsNow: NodeJS.Signals): void;
  /** The application's own listeners were not over when the process had to end; told to one subscriber. */
  onListenersCut?(): void;
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
  /** The end that is under way. */
  private ending?: Ending;
  private readonly end: ProcessEnd;
  /** Nest's own listeners of applications that have subscribed: they are led by these. */
  private readonly known = new WeakSet<SignalListener>();
  private readonly whenGone: Array<() => void> = [];
  private stopFatal?: () => void;
  /** A second signal has ended it, and only its output is waited for. */
  private forced = false;

  constructor(
    private readonly port: ProcessPort,
    private readonly clock: Clock,
  ) {
    this.end = new ProcessEnd(port, clock);
  }

  /** Starts listening for a subscriber; returns the undo, which removes exactly our listeners. */
  subscribe(subscriber: SignalSubscriber): () => void {
    this.subscribers.add(subscriber);
    for (const signal of subscriber.signals) this.listenTo(signal);
    this.listenToFatal();
    return () => {
      this.finished(subscriber);
      // A signal that comes in the last moments must not find the process without a listener.
      if (this.end.leaving) this.whenGone.push(() => this.drop(subscriber));
      else this.drop(subscriber);
    };
  }

  private drop(subscriber: SignalSubscriber): void {
    if (!this.subscribers.delete(subscriber)) return;
    this.stopListening();
    this.listenToFatal();
  }

  /** A subscriber wants other signals than before. */
  signalsChanged(subscriber: SignalSubscriber): void {
    if (!this.subscribers.has(subscriber)) return;
    for (const signal of subscriber.signals) this.listenTo(signal);
    this.stopListening();
  }

  /** Nest's own listener of an application that has subscribed. */
  leads(listener: SignalListener): void {
    this.known.add(listener);
  }

  /** Who else listens to a signal: neither this hub nor Nest for a subscriber. */
  othersOn(signal: NodeJS.Signals): SignalListener[] {
    const own = this.listeners.get(signal);
    return this.port
      .listenersOf(signal)
      .filter((listener) => listener !== own && !this.known.has(listener));
  }

  /** In a listener for a message that began an end: waits for what the listeners after it begin, too. */
  followOthers(): void {
    if (this.ending) this.end.follow();
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
    this.beginEnding();
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
   * is still at it, with the highest code of all, after the `lastStep` of each, which never rejects, and after what the
   * application's own listeners have begun; for the last the process waits until `leaveBy`, in milliseconds since the epoch.
   */
  finished(
    subscriber: SignalSubscriber,
    exitCode?: number,
    lastStep?: () => Promise<void>,
    leaveBy?: number,
  ): void {
    if (!this.busy.delete(subscriber) || this.forced) return;
    if (exitCode !== undefined) this.end.want({ exitCode, lastStep, leaveBy });
    if (this.busy.size > 0) return;
    if (!this.end.isWanted) return this.goesOn();
    const cut = () => this.spokesman()?.onListenersCut?.();
    this.end.leave(this.ending?.endsBy, cut, () => this.goesOn());
  }

  /** Nobody has ended the process: for those who stay, the next signal is a first one again. */
  private goesOn(): void {
    this.end.forget();
    this.ending?.stop();
    this.ending = undefined;
    this.told.clear();
    this.stopListening();
    this.listenToFatal();
    for (const gone of this.whenGone.splice(0)) gone();
  }

  private listenTo(signal: NodeJS.Signals): void {
    if (this.listeners.has(signal)) return;
    const listener = () => this.receive(signal);
    this.listeners.set(signal, listener);
    this.port.onSignal(signal, listener);
  }

  private stopListening(): void {
    for (const signal of [...this.listeners.keys()]) this.stopListeningTo(signal);
  }

  private stopListeningTo(signal: NodeJS.Signals): void {
    const listener = this.listeners.get(signal);
    if (!listener || this.actions.get(signal)?.size || this.isStopSignal(signal)) return;
    this.port.offSignal(signal, listener);
    this.listeners.delete(signal);
  }

  private isStopSignal(signal: NodeJS.Signals): boolean {
    if (this.ending?.first && signal === 'SIGQUIT' && !this.actions.get(signal)?.size) return true;
    return [...this.subscribers].some(({ signals }) => signals.includes(signal));
  }

  private receive(signal: NodeJS.Signals): void {
    for (const action of [...(this.actions.get(signal) ?? [])]) action();
    if (!this.isStopSignal(signal)) return;
    const meaning = this.beginEnding().take(signal);
    if (meaning === 'now') return this.force(signal);
    if (meaning === 'repeat') this.spokesman()?.onRepeated?.(signal, this.beginEnding().endsNow);
    // The hint that it ends the process now has to be true for PID 1, too.
    if (this.othersOn('SIGQUIT').length === 0) this.listenTo('SIGQUIT');
    this.tell(
      ({ signals }) => signals.includes(signal),
      (subscriber) => subscriber.onSignal(signal),
    );
    if (this.busy.size > 0 && this.othersOn(signal).length > 0) this.end.follow();
  }

  /** At once, but for what stdout and stderr hold back: a reader that is behind gets a moment. Not when it comes again. */
  private force(signal: NodeJS.Signals): void {
    const by = this.ending?.endsBy;
    const end = () => {
      if (by) this.port.raise(by, exitCodeOfSignal(signal));
      else this.port.exit(exitCodeOfSignal(signal));
    };
    if (this.forced) {
      this.forced = false;
      return end();
    }
    for (const subscriber of this.subscribers) subscriber.onForced(signal);
    if (!this.port.holdsOutput()) return end();
    this.forced = true;
    void this.port.flushOutput(FORCED_OUTPUT_MS).then(() => {
      if (this.forced) end();
      this.forced = false;
    });
  }

  /** One line is enough, however many applications there are. */
  private spokesman(): SignalSubscriber | undefined {
    return [...this.busy][0] ?? [...this.subscribers][0];
  }

  private beginEnding(): Ending {
    return (this.ending ??= new Ending(this.port, this.clock));
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
      this.beginEnding();
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
  const key = port.group ?? port;
  let hub = hubs.get(key);
  if (!hub) hubs.set(key, (hub = new SignalHub(key, clock)));
  return hub;
}
