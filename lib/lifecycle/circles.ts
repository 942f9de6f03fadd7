import { AwaitedPromise } from '../time/awaited-promise.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import { ownWork, workAround, type OwnWork } from '../process/own-work.js';
import { unfollowedDepth } from '../process/unfollowed-work.js';

/** How often it is looked whether only those are left that wait for each other, in milliseconds. */
const LOOK_MS = 20;
/**
 * How long work is given that has begun the work which waits, in milliseconds. It may await that, or go its own way and
 * end soon: that it awaits can't be seen. And how long a drain may take from which such work has stepped aside.
 */
const AROUND_MS = 500;

/** What an end waits for. */
export interface Circle {
  /** Whether nothing new comes any more. */
  readonly mayEnd: () => boolean;
  /** Everything in flight, by what stands for it. */
  readonly inFlight: () => readonly object[];
  /** How work steps aside; undefined where it can't. */
  readonly aside?: Aside;
}

interface Aside {
  /** What lets it go on without a piece of work; undefined where something would wait for that. */
  readonly of: (piece: object) => (() => void) | undefined;
  /** Whether what is in flight is not waited for any more. */
  readonly isDrained: () => boolean;
  /** Whether something waits for a piece that has stepped aside. */
  readonly isWaitedFor: (piece: object) => boolean;
}

/** A call of `shutdown()`, `close()` or `drain()` out of something that is waited for. */
interface Call {
  /** Undefined where work is not followed: then it is one of those in flight. */
  readonly work?: OwnWork;
  /** How many pieces of work are around it, itself included, where it is not followed. */
  readonly depth: number;
  readonly circle: Circle;
  readonly answer: () => void;
  /** Its caller waits for the answer. */
  isAwaited: boolean;
  /** Since when only such calls and what is around them is in flight, on the clock. */
  aloneSince?: number;
  /** Since when the shutdown goes on without it. */
  asideSince?: number;
  pieces?: readonly object[];
}

/**
 * A request, a message, a job, tracked work or a hook that awaits its own shutdown waits for something that waits for it.
 *
 * - A task of the shutdown is answered at once.
 * - Other work steps aside once nothing else is in flight: the shutdown goes on without it, and answers it at its end.
 * - Where something else waits for that work, it is answered early, at that moment: as a server closes, which waits for
 *   its requests; or instead of stepping aside. Not sooner, because what follows the call may be `process.exit()`.
 */
export class Circles {
  private readonly calls = new Set<Call>();
  private timer?: TimerHandle;

  constructor(private readonly clock: Clock) {}

  /** Passes on the end of a shutdown; for a call out of what the shutdown waits for, early, with what `early` gives. */
  answered<T>(end: Promise<T>, early: () => T, circle: Circle): Promise<T> {
    const work = ownWork();
    if (work && workAround(work).some(({ kind }) => kind === 'task')) {
      return Promise.resolve().then(early);
    }
    const depth = work ? 0 : unfollowedDepth();
    if (!work && depth === 0) return end;
    let call!: Call;
    const answer = new Promise<T>((resolve, reject) => {
      call = { work, depth, circle, answer: () => resolve(early()), isAwaited: false };
      const done = () => this.calls.delete(call);
      end.finally(done).then(resolve, reject);
    });
    this.calls.add(call);
    this.look();
    return AwaitedPromise.of(answer, () => (call.isAwaited = true));
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
    const calls = [...this.calls].filter(({ work, isAwaited }) => isAwaited && !work?.isOver());
    const known = new Set(calls.flatMap(({ work }) => (work ? countedAs(work) : [])));
    const around = new Set(calls.flatMap(aroundIt).flatMap(countedAs));
    const unknown = calls.filter(({ work }) => !work).map(({ depth }) => depth);
    const mostUnknown = unknown.length + Math.max(0, ...unknown.map((depth) => depth - 1));
    for (const call of calls) {
      const { circle } = call;
      if (!circle.mayEnd()) continue;
      const inFlight = circle.inFlight();
      const others = inFlight.filter((one) => !known.has(one));
      if (others.length > mostUnknown && !this.onlyAround(call, others, around)) continue;
      if (call.asideSince === undefined) {
        const own = new Set(aroundIt(call).flatMap(countedAs));
        const pieces = inFlight.filter((one) => own.has(one));
        this.goOnWithout(call, [...pieces, ...others]);
      } else if (this.isWaitedFor(call, this.clock.now() - call.asideSince)) {
        this.answer(call);
      }
    }
  }

  /** Without its pieces, where each can step aside; otherwise it is answered. */
  private goOnWithout(call: Call, pieces: readonly object[]): void {
    const { aside } = call.circle;
    const steps = pieces.map((piece) => aside?.of(piece));
    if (!aside || steps.includes(undefined)) return this.answer(call);
    call.asideSince = this.clock.now();
    call.pieces = pieces;
    for (const stepAside of steps) stepAside?.();
  }

  private isWaitedFor({ circle: { aside }, pieces = [] }: Call, forMs: number): boolean {
    if (!aside) return false;
    if (!aside.isDrained() && forMs >= AROUND_MS) return true;
    return pieces.some((piece) => aside.isWaitedFor(piece));
  }

  private answer(call: Call): void {
    this.calls.delete(call);
    call.answer();
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
function mayBeCalledBy(one: object, work: OwnWork | undefined): boolean {
  const entry = one as Partial<OwnWork>;
  return work !== undefined && entry.hasUnknownCode === true && entry.within === work;
}

function aroundIt({ work }: Call): OwnWork[] {
  return work ? workAround(work) : [];
}

function countedAs(work: OwnWork): readonly object[] {
  return work.countedAs ?? [];
}
