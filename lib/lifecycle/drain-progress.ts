import { inFlightText, oldestOf } from '../sources/in-flight.js';
import type { Sources } from '../sources/sources.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import type { ShutdownLog } from './shutdown-log.js';
import type { Steps } from './steps.js';

/** Whoever watches a deploy sees this often what it waits for, in milliseconds. */
const EACH_MS = 5_000;
/** So many are named; the rest is a number. */
const MOST_NAMES = 3;

/** A line every five seconds while the drain lasts: what is still in flight, and for how long. */
export class DrainProgress {
  private timer?: TimerHandle;

  constructor(
    private readonly clock: Clock,
    private readonly sources: Sources,
    private readonly log: ShutdownLog,
    private readonly steps: Steps,
  ) {}

  /** The drain has begun, and ends at `deadline`, on the clock. */
  begin(deadline: number): void {
    this.timer = this.clock.setTimeout(() => {
      this.steps.now(() => this.tell(deadline));
      this.begin(deadline);
    }, EACH_MS);
  }

  end(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private tell(deadline: number): void {
    const oldest = oldestOf(this.sources.all, MOST_NAMES);
    if (oldest.length === 0) return; // clients that keep their connections, not work
    const leftMs = deadline - this.clock.now();
    this.log.stillDraining(inFlightText(this.sources.all), oldest, leftMs);
  }
}
