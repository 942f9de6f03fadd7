import { Inject, Injectable } from '@nestjs/common';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { nearest } from '../errors/nearest.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import { settled } from '../time/settled.js';
import { untilNone } from '../time/waits.js';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { countOf, oldestOf } from './in-flight.js';
import type { Source } from './source.js';
import { Sources } from './sources.js';

/** What one source has in flight. */
export interface SourceProgress {
  /** Such as `http`, or `BullMQ worker mail`. */
  readonly source: string;
  readonly kind: string;
  readonly count: number;
  /** The one that has been in flight for the longest time, by its name in the report, with its age in milliseconds. */
  readonly oldest?: { readonly name: string; readonly ageMs?: number };
}

/** What can be asked of the sources of work by their names. */
@Injectable()
export class SourceStatus {
  constructor(
    private readonly sources: Sources,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Aborts when the time of the drain is over, and something is still in flight. */
  get deadlineSignal(): AbortSignal {
    return this.sources.drainOver.signal;
  }

  /** Of all there are now. */
  names(): Array<{ readonly source: string; readonly kind: string }> {
    return this.sources.all.map(({ name, kind }) => ({ source: name, kind }));
  }

  /** Of those that have something in flight. */
  progress(): SourceProgress[] {
    return this.sources.all.map(progressOf).filter(({ count }) => count > 0);
  }

  /**
   * Resolves when the sources of this name or kind have nothing in flight, or after the time: then false. Once a shutdown has
   * begun, that is when their part in the drain is over: before it, more may come.
   *
   * @throws InvalidOptionError for a name that no source has
   */
  async whenIdle(name: string, timeoutMs = this.options.gracePeriodMs): Promise<boolean> {
    const limit = new AbortController();
    const { signal } = limit;
    const sources = this.called(name, 'source of idle()');
    const count = () => sources.reduce((sum, source) => sum + countOf(source), 0);
    const parts = sources.flatMap((source) => this.sources.partOver(source) ?? []);
    const timer = this.clock.setTimeout(() => limit.abort(), timeoutMs);
    if (parts.length > 0) await settled(Promise.all(parts), signal);
    else await untilNone(count, signal, this.clock);
    this.clock.clearTimeout(timer);
    return !signal.aborted && count() === 0;
  }

  /** Tells what is running in a source to come to an end soon. */
  abort(name: string): void {
    for (const source of this.sources.all) if (source.name === name) source.abort?.();
  }

  /**
   * The sources of this name or kind.
   *
   * @throws InvalidOptionError when there is none
   */
  called(name: string, option: string): readonly Source[] {
    const found = this.sources.all.filter((source) => source.name === name || source.kind === name);
    if (found.length > 0) return found;
    const names = this.sources.all.map((source) => source.name);
    const near = typeof name === 'string' ? nearest(name, names) : undefined;
    const guess = near === undefined ? '' : `Did you mean '${near}'? `;
    const remedy = `${guess}There are: ${names.join(', ')}.`;
    throw new InvalidOptionError(option, 'the name of a source of work', name, remedy);
  }
}

function progressOf(source: Source): SourceProgress {
  const { name, kind } = source;
  const count = countOf(source);
  const [oldest] = count > 0 ? oldestOf([source], 1) : [];
  return {
    source: name,
    kind,
    count,
    ...(oldest && { oldest: { name: oldest.name, ...ageOf(oldest) } }),
  };
}

function ageOf({ ageMs }: { readonly ageMs?: number }) {
  return ageMs === undefined ? {} : { ageMs: Math.round(ageMs) };
}
