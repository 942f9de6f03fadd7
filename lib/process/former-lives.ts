import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../time/clock.js';
import { MARKER_ENDING, type LifeRecord } from './life-marker.js';
import { isRunning } from './process-identity.js';

/** A life whose process number says nothing here is over when its marker has not changed for so long, in milliseconds. */
export const SILENT_MS = 10_000;
/** How often such a marker is looked at, in milliseconds. */
const LOOK_EACH_MS = 2_500;

/** A life that has left its marker behind. */
export interface UncleanEnd {
  /** Undefined when the marker can't be read: torn by a crash of the system, or written by a version to come. */
  readonly record?: LifeRecord;
  /** When its marker was last written, as the file system says: milliseconds since the epoch. */
  readonly lastSeenAt: number;
}

/**
 * Looks for the markers of lives that are over, and takes each away, so that it is reported once. Those that may still go
 * on are looked at again until that is known; a process of the same system is known at once.
 */
export class FormerLives {
  private timer?: ReturnType<Clock['setTimeout']>;

  constructor(
    private readonly directory: string,
    private readonly ownPath: string,
    private readonly clock: Clock,
    private readonly found: (end: UncleanEnd) => void,
  ) {}

  look(): void {
    const unsure = this.markers().filter((path) => !this.settle(path));
    if (unsure.length > 0) this.watch(new Map(unsure.map((path) => [path, contentOf(path)])), 0);
  }

  stop(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
  }

  /** By what is in them, not by their times: those are of a clock that may jump, and of a server on a shared disk. */
  private watch(seen: ReadonlyMap<string, string | undefined>, silentMs: number): void {
    this.timer = this.clock.setTimeout(() => {
      const silent = new Map(
        [...seen].filter(([path, content]) => content !== undefined && contentOf(path) === content),
      );
      const forMs = silentMs + LOOK_EACH_MS;
      if (forMs < SILENT_MS) return silent.size > 0 && this.watch(silent, forMs);
      for (const path of silent.keys()) this.take(path);
      return undefined;
    }, LOOK_EACH_MS);
  }

  /** Whether it is known what became of a life: then it is taken away, or left alone for good. */
  private settle(path: string): boolean {
    const record = parse(contentOf(path));
    if (!record) return false; // maybe it is just being written
    const runs = isRunning(record.process);
    if (runs === false) this.take(path);
    return runs !== undefined;
  }

  /** Two that start at the same time can't both rename it. */
  private take(path: string): void {
    const taken = `${path}.taken`;
    try {
      renameSync(path, taken);
    } catch {
      return;
    }
    const record = parse(contentOf(taken));
    const lastSeenAt = Math.round(statSync(taken).mtimeMs);
    rmSync(taken, { force: true });
    this.found({ ...(record && { record }), lastSeenAt });
  }

  private markers(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name.endsWith(MARKER_ENDING))
      .map((name) => join(this.directory, name))
      .filter((path) => path !== this.ownPath);
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // its life has come to an orderly end, or another start has taken it
  }
}

function parse(content: string | undefined): LifeRecord | undefined {
  try {
    const record = JSON.parse(content ?? '') as LifeRecord;
    return record.version === 1 && typeof record.process?.pid === 'number' ? record : undefined;
  } catch {
    return undefined;
  }
}
