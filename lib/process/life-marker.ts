import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ownIdentity, type ProcessIdentity } from './process-identity.js';

/** What a life says of itself as it goes on: where it is, what it has in flight, how much memory it takes. */
export interface LifeSigns {
  /** A phase of the shutdown, or the state of an application that is not shutting down. */
  readonly phase: string;
  /** By source; those without work are not in it. */
  readonly inFlight: Readonly<Record<string, number>>;
  readonly rssBytes: number;
  /** What the process may take, where it is limited. */
  readonly memoryLimitBytes?: number;
  /** How long the process had been up, in milliseconds: no clock that anybody sets. */
  readonly uptimeMs: number;
  /** It was ended by `process.exit()`, or by an error that nobody caught, before its shutdown was over. */
  readonly exitCode?: number;
}

/** What a marker file holds. */
export interface LifeRecord extends LifeSigns {
  readonly version: 1;
  readonly process: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export const MARKER_ENDING = '.life.json';
/** Every write has this length, in bytes: one is never longer than the next, so that nothing of it stays behind. */
const LENGTH = 2_048;

/** The file by which a life is known to go on: removed at an orderly end, and found by the next start otherwise. */
export class LifeMarker {
  readonly path: string;
  private readonly file: number;
  private readonly identity = ownIdentity();
  private removed = false;

  /** @throws when the directory can't be made or written to */
  constructor(
    directory: string,
    private readonly startedAt: number,
  ) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, `${process.pid}-${randomUUID()}${MARKER_ENDING}`);
    this.file = openSync(this.path, 'wx', 0o600);
  }

  /** One write in place, so that a process that is killed leaves the one before or this one. @throws on a full disk */
  write(signs: LifeSigns): void {
    if (this.removed) return;
    const record: LifeRecord = {
      version: 1,
      process: this.identity,
      startedAt: this.startedAt,
      ...signs,
    };
    let json = JSON.stringify(record);
    if (Buffer.byteLength(json) >= LENGTH) json = JSON.stringify({ ...record, inFlight: {} });
    const padding = LENGTH - Buffer.byteLength(json) - 1;
    writeSync(this.file, `${json}${' '.repeat(padding)}\n`, 0);
  }

  /** The end was an orderly one. */
  remove(): void {
    if (this.removed) return;
    this.removed = true;
    closeSync(this.file);
    rmSync(this.path, { force: true });
  }
}
