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
