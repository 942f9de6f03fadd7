import { channel } from 'node:diagnostics_channel';
import { BehaviorSubject, type Observable } from 'rxjs';
import type { ShutdownReason } from '../engine/reason.js';
import type { GracefulState } from './graceful-state.js';
import type { ShutdownProgress } from './shutdown-progress.js';
import type { PhaseReport, ShutdownReport } from '../engine/record.js';

export type { GracefulState };

/** What the channel `nestjs-graceful:state` is told. */
export interface StateMessage {
  readonly state: GracefulState;
  /** Undefined while the application is not shutting down. */
  readonly reason?: ShutdownReason;
}

/** What the channel `nestjs-graceful:phase` is told: when a phase starts, and with its report when it ends. */
export interface PhaseMessage {
  readonly phase: string;
  /** When it must be over: milliseconds since the epoch. */
  readonly deadline?: number;
  readonly report?: PhaseReport;
}

/** What the channel `nestjs-graceful:report` is told. */
export interface ReportMessage {
  readonly report: ShutdownReport;
}

/** What the channel `nestjs-graceful:progress` is told: as each phase starts, and every second while a shutdown runs. */
export interface ProgressMessage {
  readonly progress: ShutdownProgress;
}

/**
 * What to publish to the channel `nestjs-graceful:ask` to be told how an application is: each of the process answers in the same turn,
 * from before its first init hook until it is closed. Nothing is measured unless somebody asks.
 */
export interface AskMessage {
  answer(status: ApplicationStatus): void;
}

/** How an application is. */
export interface ApplicationStatus {
  readonly progress: ShutdownProgress;
  /** All sources of work, those with nothing in flight among them; complete once the application is ready. */
  readonly sources: ReadonlyArray<{ readonly source: string; readonly kind: string }>;
  /** The phases of a shutdown, also those that may have nothing to do. */
  readonly phases: readonly string[];
  /** From the reason to the end of the process, in milliseconds. */
  readonly gracePeriodMs: number;
}

const stateChannel = channel('nestjs-graceful:state');
const phaseChannel = channel('nestjs-graceful:phase');
const reportChannel = channel('nestjs-graceful:report');

/** Tells of an application's life: as an observable, and through `node:diagnostics_channel` for tools that know no Nest. */
export class StateEvents {
  /** The phases that run, with their deadlines on the clock. */
  readonly phases = new Map<string, number>();
  private readonly subject = new BehaviorSubject<GracefulState>('starting');
  private readonly stateListeners: Array<() => void> = [];
  private readonly phaseListeners: Array<(message: PhaseMessage) => void> = [];

  get state(): GracefulState {
    return this.subject.value;
  }

  /** The state now, and each that follows; complete when the application is closed. */
  get states(): Observable<GracefulState> {
    return this.subject.asObservable();
  }

  entered(state: GracefulState, reason: ShutdownReason | undefined): void {
    if (state === this.state) return;
    this.subject.next(state);
    for (const listener of this.stateListeners) listener();
    if (stateChannel.hasSubscribers) stateChannel.publish({ state, reason } satisfies StateMessage);
  }

  phaseStarted(phase: string, deadline: number): void {
    this.phases.set(phase, deadline);
    this.tellOfPhase({ phase, deadline });
  }

  phaseEnded(report: PhaseReport): void {
    this.phases.delete(report.name);
    this.tellOfPhase({ phase: report.name, report });
  }

  /** Calls back when the state has changed. */
  onState(listener: () => void): void {
    this.stateListeners.push(listener);
  }

  /** Calls back with what the channel of phases is told, before that. */
  onPhase(listener: (message: PhaseMessage) => void): void {
    this.phaseListeners.push(listener);
  }

  private tellOfPhase(message: PhaseMessage): void {
    for (const listener of this.phaseListeners) listener(message);
    if (phaseChannel.hasSubscribers) phaseChannel.publish(message);
  }

  closed(report: ShutdownReport): void {
    if (reportChannel.hasSubscribers) reportChannel.publish({ report } satisfies ReportMessage);
    this.subject.complete();
  }
}
