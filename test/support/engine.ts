import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Phase } from '../../lib/engine/phase.js';
import type { ShutdownReason } from '../../lib/engine/reason.js';
import { Shutdown, type ShutdownObserver } from '../../lib/engine/shutdown.js';
import type { ShutdownTask } from '../../lib/engine/task.js';
import { VirtualClock } from './virtual-clock.js';

export const SIGTERM: ShutdownReason = { kind: 'signal', signal: 'SIGTERM' };

/** A promise that never settles. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A phase with time to spare; say what matters. */
export function phase(name: string, settings: Partial<Phase> = {}): Phase {
  return {
    name,
    timeoutMs: Infinity,
    reserveMs: 0,
    settleMs: 0,
    onTimeout: 'continue',
    ...settings,
  };
}

/** Virtual time of its own for every test of a file; after each of them no timer may be left. */
export class EngineBench {
  clock = new VirtualClock();
  startedAt = 0;

  constructor() {
    beforeEach(() => {
      this.clock = new VirtualClock();
      this.startedAt = this.clock.now();
    });
    afterEach(() => {
      expect(this.clock.pendingTimers).toBe(0);
    });
  }

  /** Milliseconds since the test began. */
  get elapsedMs(): number {
    return this.clock.now() - this.startedAt;
  }

  shutdown(
    phases: readonly (Phase | string)[],
    settings: { totalMs?: number; observer?: ShutdownObserver } = {},
  ): Shutdown {
    return new Shutdown({
      phases: phases.map((one) => (typeof one === 'string' ? phase(one) : one)),
      clock: this.clock,
      totalMs: settings.totalMs ?? 10_000,
      observer: settings.observer,
    });
  }

  /** A task that takes `ms` milliseconds and writes its start and end into `journal`. */
  timed(
    phaseName: string,
    name: string,
    ms: number,
    journal: string[] = [],
    settings: Partial<ShutdownTask> = {},
  ): ShutdownTask {
    const run = async () => {
      journal.push(`${name} starts at ${this.elapsedMs}`);
      await this.sleep(ms);
      journal.push(`${name} ends at ${this.elapsedMs}`);
    };
    return { name, phase: phaseName, run, ...settings };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimeout(resolve, ms));
  }
}
