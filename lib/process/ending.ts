import type { Clock } from '../time/clock.js';
import type { ProcessPort } from './process-port.js';
import { meaningOf, signalThatEndsNow } from './second-signal.js';

/** The end of a process that is under way, and the signals that have come in it. */
export class Ending {
  private readonly seen = new Set<NodeJS.Signals>();
  private readonly raisedHere = new Map<NodeJS.Signals, number>();
  private readonly stopWatching: () => void;
  private firstAt = Infinity;

  /** The first signal, if one has come. */
  first?: NodeJS.Signals;

  constructor(
    private readonly port: ProcessPort,
    private readonly clock: Clock,
  ) {
    this.stopWatching = port.onOwnSignal((signal) => {
      this.raisedHere.set(signal, (this.raisedHere.get(signal) ?? 0) + 1);
    });
  }

  /** What a signal means that has just come. */
  take(signal: NodeJS.Signals): 'first' | 'same' | 'repeat' | 'now' {
    const count = this.raisedHere.get(signal) ?? 0;
    this.raisedHere.set(signal, Math.max(0, count - 1));
    const meaning = this.first === undefined ? this.begin(signal) : this.further(signal, count > 0);
    this.seen.add(signal);
    return meaning;
  }

  /** The signal that would still end it now. */
  get endsNow(): NodeJS.Signals {
    return signalThatEndsNow(this.seen);
  }

  /**
   * The signal to end the process by. A terminal that is closed sends SIGHUP, and on Node 20 `process.exit()` then aborts,
   * because it can't set the terminal back. PID 1 can't be ended by a signal that it does not listen to.
   */
  get endsBy(): NodeJS.Signals | undefined {
    return this.first === 'SIGHUP' && this.port.pid !== 1 ? 'SIGHUP' : undefined;
  }

  /** The process goes on. */
  stop(): void {
    this.stopWatching();
  }

  /** During a requested end, too, it is no impatience: the platform can't know that it is under way. */
  private begin(signal: NodeJS.Signals): 'first' {
    this.first = signal;
    // What came with it is in the same turn of the event loop, however long that takes on a busy machine.
    this.port.afterTurn(() => (this.firstAt = this.clock.now()));
    return 'first';
  }

  private further(signal: NodeJS.Signals, raisedHere: boolean): 'same' | 'repeat' | 'now' {
    const { interactive } = this.port;
    const sinceMs = this.clock.now() - this.firstAt;
    return meaningOf({ signal, sinceMs, seen: this.seen, interactive, raisedHere });
  }
}
