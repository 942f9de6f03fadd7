import type { Clock, TimerHandle } from '../../time/clock.js';
import { systemClock } from '../../time/system-clock.js';
import { VirtualClock } from '../virtual-clock.js';

/** The clock of an application that a test may stage: real until then. */
export class StagedClock implements Clock {
  private virtual?: VirtualClock;

  now(): number {
    return (this.virtual ?? systemClock).now();
  }

  setTimeout(fn: () => void, ms: number): TimerHandle {
    return (this.virtual ?? systemClock).setTimeout(fn, ms);
  }

  clearTimeout(handle: TimerHandle): void {
    // A timer that was set before the application was staged is a real one.
    if (this.virtual?.hasSet(handle)) this.virtual.clearTimeout(handle);
    else systemClock.clearTimeout(handle);
  }

  /** Time stands still from now on. */
  stop(): VirtualClock {
    return (this.virtual ??= new VirtualClock(systemClock.now()));
  }
}
