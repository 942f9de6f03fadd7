import type { Backstage } from '../../lifecycle/backstage.js';
import { countOf } from '../../sources/in-flight.js';

/** One task of a staged shutdown, such as a hook, as it ran. */
export interface TaskRecord {
  /** As in the report: `Class.hook`, `Class@method`, or a name of its own. */
  readonly name: string;
  readonly phase: string;
  /** In milliseconds from the start of the shutdown. */
  readonly startMs: number;
  /** Not there when it had not ended by itself. */
  readonly endMs?: number;
  /** What was in flight as it began: requests, jobs, messages, tracked work. */
  readonly inFlight: readonly string[];
}

/** Writes down what the shutdown of an application does, in the order in which it does it. */
export class Recorder {
  readonly tasks: TaskRecord[] = [];
  /** The names of tasks as they begin (`+`) and end (`-`). */
  readonly sequence: string[] = [];
  readonly phases: string[] = [];
  private readonly open = new Map<
    object,
    { -readonly [key in keyof TaskRecord]: TaskRecord[key] }
  >();

  constructor(private readonly app: Backstage) {
    app.onPhase(({ phase, report }) => {
      if (!report) this.phases.push(phase);
    });
    app.onTask((task, step) => {
      const known = this.open.get(task);
      if (step === 'ended' && known) {
        known.endMs = this.elapsedMs;
        this.sequence.push(`-${task.name}`);
      }
      if (step !== 'begun' || known) return;
      const record = {
        name: task.name,
        phase: task.phase,
        startMs: this.elapsedMs,
        inFlight: this.inFlight(),
      };
      this.open.set(task, record);
      this.tasks.push(record);
      this.sequence.push(`+${task.name}`);
    });
  }

  /** Since the shutdown began, in milliseconds. */
  get elapsedMs(): number {
    const { begunAt, ports } = this.app;
    return begunAt === undefined ? 0 : Math.round(ports.clock.now() - begunAt);
  }

  inFlight(): string[] {
    return this.app.allSources.flatMap((source) =>
      countOf(source) === 0 ? [] : source.inFlight().map(({ name }) => name),
    );
  }
}
