import type { Clock, TimerHandle } from '../time/clock.js';
import { ownWork, workAround, type OwnWork } from '../process/own-work.js';

/** How often it is looked whether only those are left that wait for each other, in milliseconds. */
const LOOK_MS = 20;
/**
 * How long work is given that has begun the work which waits, in milliseconds. It may await that, or go its own way and
 * end soon: that it awaits can't be seen.
 */
const AROUND_MS = 500;

/** What an end waits for. */
export interface Circle {
  /** Whether nothing new comes any more. */
  readonly mayEnd: () => boolean;
  /** Everything in flight, by what stands for it. */
  readonly inFlight: () => readonly object[];
}

/** A call of `shutdown()`, `close()` or `drain()` out of something that is waited for. */
interface Call {
  readonly work: OwnWork;
  readonly circle: Circle;
  readonly answer: () => void;
  /** Since when only such calls and what is around them is in flight, on the clock. */
  aloneSince?: number;
}

/**
 * A request, a message, a job, tracked work or a hook that awaits its own shutdown waits for something that waits for it.
 * Its call is answered early: that of a task of the shutdown at once, that of other work once nothing else is in flight.
 * Not sooner, because what follows the call may be `process.exit()`.
 */
export class Circles {
  private readonly calls = new Set<Call>();
  private timer?: TimerHandle;

  constructor(private readonly clock: Clock) {}

  /** Passes on the end of a shutdown; for a call out of what the shutdown waits for, early, with what `early` gives. */
  answered<T>(end: Promise<T>, early: () => T, circle: Circle): Promise<T> {
    const work = ownWork();
    if (!work) return end;
    if (workAround(work).some(({ kind }) => kind === 'task')) return Promise.resolve().then(early);
    return new Promise<T>((resolve, reject) => {
      const call = { work, circle, answer: () => resolve(early()) };
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
    const calls = [...this.calls].filter(({ work }) => !work.isOver());
    const waiting = new Set(calls.flatMap(({ work }) => work.countedAs ?? []));
    const around = new Set(calls.flatMap(({ work }) => workAround(work)).flatMap(countedAs));
    for (const call of calls) {
      const { circle, answer } = call;
      if (!circle.mayEnd()) continue;
      const others = circle.inFlight().filter((one) => !waiting.has(one));
      if (others.length > 0 && !this.onlyAround(call, others, around)) continue;
      this.calls.delete(call);
      answer();
    }
  }

  private onlyAround(call: Call, others: readonly object[], around: Set<object>): boolean {
    const mayAwaitIt = (one: object) => around.has(one) || mayBeCalledBy(one, call.work);
    if (!others.every(mayAwaitIt)) {
      call.aloneSince = undefined;
      return false;
    }
    call.aloneSince ??= this.clock.now();
    return this.clock.now() - call.aloneSince >= AROUND_MS;
  }
}

/** A promise that was tracked in work: whether it or the work has made a call can't be told. */
function mayBeCalledBy(one: object, work: OwnWork): boolean {
  const entry = one as Partial<OwnWork>;
  return entry.hasUnknownCode === true && entry.within === work;
}

function countedAs(work: OwnWork): readonly object[] {
  return work.countedAs ?? [];
}
