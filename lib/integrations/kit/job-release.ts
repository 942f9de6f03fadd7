import type { WorkCounter } from '../../engine/integration.js';

/** For the hook that closes a queue's worker: it may come while jobs are given back, and has nothing to wait for when all are. */
export class JobRelease {
  /** Says whether all that had not finished went back. */
  settle!: (allBack: boolean) => void;
  private readonly released = new Promise<boolean>((resolve) => (this.settle = resolve));

  constructor(private readonly jobs: WorkCounter) {}

  /** Resolves when nobody has to wait any more: true when all went back, false when all are done. */
  async over(): Promise<boolean> {
    const waiting = new AbortController();
    const idle = this.jobs.idle(waiting.signal).then(() => false);
    const allBack = await Promise.race([idle, this.released]);
    waiting.abort();
    return allBack;
  }
}
