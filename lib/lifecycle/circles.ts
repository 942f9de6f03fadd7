import type { Clock, TimerHandle } from '../time/clock.js';
import { ownWork, type OwnWork } from '../process/own-work.js';

/** How often it is looked whether only those are left that wait for each other, in milliseconds. */
const LOOK_MS = 20;

/** A call of `shutdown()` or `close()` out of something that the shutdown waits for. */
interface Call {
  readonly work: OwnWork;
  readonly answer: () => void;
}

/**
 * A request, a tracked task or a hook that awaits its own shutdown waits for something that waits for it. Its call is
 * answered early: that of a task of the shutdown at once, that of a request or of tracked work once nothing else is in
 * flight. Not sooner, because what follows the call may be `process.exit()`.
 */
export class Circles {
  private readonly calls = new Set<Call>();
  private timer?: TimerHandle;

  constructor(
    private readonly clock: Clock,
    /** How many requests, messages, jobs and tracked tasks are in flight. */
    private readonly inFlight: () => number,
  ) {}

  /** Passes on the end of a shutdown; for a call out of what the shutdown waits for, early, with what `early` gives. */
  answered<T>(end: Promise<T>, early: () => T): Promise<T> {
    const work = ownWork();
    if (!work) return end;
    if (work.kind === 'task') return Promise.resolve().then(early);
    return new Promise<T>((resolve, reject) => {
      const call = { work, answer: () => resolve(early()) };
      this.calls.add(call);
      const done = () => this.calls.delete(call);
      end.finally(done).then(resolve, reject);
      this.look();
    });
  }

  private look(): void {
    if (this.timer !== undefined || this.calls.size === 0) return;
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      this.letGo();
      this.look();
    }, LOOK_MS);
  }

  private letGo(): void {
    const waiting = new Set([...this.calls].map(({ work }) => work).filter((one) => !one.isOver()));
    if (waiting.size === 0 || this.inFlight() > waiting.size) return;
    for (const call of this.calls) call.answer();
    this.calls.clear();
  }
}
