import type { SourceReport, UnfinishedWork } from '../engine/record.js';
import { withoutIdentifiers } from '../engine/secrets.js';
import type { TaskContext } from '../engine/task.js';
import { countOf } from './in-flight.js';
import type { Source } from './source.js';

/** How much work a source had when the shutdown began, and how much it had been given by then. */
interface Stock {
  readonly before: number;
  readonly begun: number;
}

const NOTHING: Stock = { before: 0, begun: 0 };

/** What became of the work of each source, from the start of a shutdown to its end. */
export class SourceLedger {
  private readonly stock = new Map<Source, Stock>();
  private readonly cut = new Map<Source, number>();
  private readonly givenBack = new Map<Source, number>();

  /** The shutdown begins. */
  takeStock(sources: readonly Source[]): void {
    for (const source of sources) {
      const before = asked(() => countOf(source)) ?? 0;
      const begun = asked(() => source.begun?.()) ?? 0;
      this.stock.set(source, { before, begun });
    }
  }

  /** The context of a source's task, which counts what that has to cut. */
  watch(source: Source, context: TaskContext): TaskContext {
    const unfinished = (work: UnfinishedWork) => {
      if (isWork(work)) this.cut.set(source, (this.cut.get(source) ?? 0) + 1);
      context.unfinished(tellable(work));
    };
    return Object.create(context, { unfinished: { value: unfinished } }) as TaskContext;
  }

  /** What `release()` has returned: how many of those that were cut went back, if it says so. */
  released(source: Source, result: unknown): void {
    if (typeof result !== 'number') return;
    const cut = this.cut.get(source) ?? 0;
    const back = Math.min(result, cut);
    this.cut.set(source, cut - back);
    this.givenBack.set(source, back);
  }

  /** Of those that had any work. */
  report(sources: readonly Source[]): SourceReport[] {
    return sources.flatMap((source) => asked(() => this.reportOf(source)) ?? []).filter(hadWork);
  }

  private reportOf(source: Source): SourceReport {
    const { before, begun } = this.stock.get(source) ?? NOTHING;
    const counts = source.begun !== undefined;
    const after = counts ? Math.max(0, (asked(() => source.begun?.()) ?? 0) - begun) : 0;
    const cut = this.cut.get(source) ?? 0;
    const givenBack = this.givenBack.get(source) ?? 0;
    return {
      name: source.name,
      kind: source.kind,
      before,
      ...(counts && { after }),
      finished: Math.max(0, before + after - cut - givenBack),
      givenBack,
      cut,
    };
  }
}

/** A request has its route for a name already. */
function tellable(work: UnfinishedWork): UnfinishedWork {
  return work.kind === 'request' ? work : { ...work, name: withoutIdentifiers(work.name) };
}

/** Sockets and hooks that are cut are no pieces of work. */
function isWork({ kind }: UnfinishedWork): boolean {
  return kind !== 'socket' && kind !== 'hook';
}

function hadWork({ before, after = 0, cut }: SourceReport): boolean {
  return before + after + cut > 0;
}

/** A source that fails when it is asked must not keep the shutdown from beginning, nor from its report. */
function asked<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
