import { deferred, type Deferred } from '../time/waits.js';
import type { Source } from './source.js';

/** The parts of all sources in the drain, and when each is over. */
export class DrainParts {
  private readonly parts = new Map<Source, Deferred>();
  private allOver = false;

  over(source: Source): Promise<void> {
    return this.allOver ? Promise.resolve() : this.partOf(source).promise;
  }

  end(source: Source): void {
    this.partOf(source).resolve();
  }

  /** The drain is over, also for those whose part was never begun. */
  endAll(): void {
    this.allOver = true;
    for (const part of this.parts.values()) part.resolve();
  }

  private partOf(source: Source): Deferred {
    const part = this.parts.get(source) ?? deferred();
    this.parts.set(source, part);
    return part;
  }
}
