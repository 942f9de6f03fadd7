import { channel } from 'node:diagnostics_channel';
import { BehaviorSubject, type Observable } from 'rxjs';
import type { ShutdownReason } from '../engine/reason.js';
import type { PhaseReport, ShutdownReport } from '../engine/record.js';

/** Where an application is in its life. */
export type GracefulState = 'starting' | 'ready' | 'draining' | 'closing' | 'closed';

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

const stateChannel = channel('nestjs-graceful:state');
const phaseChannel = channel('nestjs-graceful:phase');
const reportChannel = channel('nestjs-graceful:report');

/** Tells of an application's life: as an observable, and through `node:diagnostics_channel` for tools that know no Nest. */
export class StateEvents {
  private readonly subject = new BehaviorSubject<GracefulState>('starting');

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
    if (stateChannel.hasSubscribers) stateChannel.publish({ state, reason } satisfies StateMessage);
  }

  phaseStarted(phase: string, deadline: number): void {
    if (phaseChannel.hasSubscribers) {
      phaseChannel.publish({ phase, deadline } satisfies PhaseMessage);
    }
  }

  phaseEnded(report: PhaseReport): void {
    if (phaseChannel.hasSubscribers) {
      phaseChannel.publish({ phase: report.name, report } satisfies PhaseMessage);
    }
  }

  closed(report: ShutdownReport): void {
    if (reportChannel.hasSubscribers) reportChannel.publish({ report } satisfies ReportMessage);
    this.subject.complete();
  }
}
