import { Injectable } from '@nestjs/common';
import type { WorkInFlight } from '../engine/integration.js';
import { PHASE_NAMES, type PhaseName } from '../engine/phase.js';
import { lateTrafficText } from '../log/late-traffic-text.js';
import type { UncleanEnd } from '../process/former-lives.js';
import type { FatalTrigger, ShutdownReason } from '../engine/reason.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';
import { Log } from '../log/log.js';
import * as lines from '../log/shutdown-lines.js';
import { verdictOf } from '../report/verdict.js';

/** Which lines the log gets of an application's life: a few. Before the process may end, the log is flushed. */
@Injectable()
export class ShutdownLog {
  constructor(private readonly log: Log) {}

  /** A mistake of this package, which must not keep an application from its end. */
  failed(error: unknown): void {
    this.log.say(lines.shutdownFailed(error));
    this.log.flush();
  }

  drained(by: string): void {
    this.log.say(lines.outOfRotation(by));
  }

  resumed(by: string): void {
    this.log.say(lines.backInRotation(by));
  }

  fatalError(trigger: FatalTrigger, error: unknown, further: boolean): void {
    this.log.say(
      further ? lines.fatalErrorAgain(trigger, error) : lines.fatalError(trigger, error),
    );
  }

  begun(reason: ShutdownReason, totalMs: number, inFlight: string): void {
    this.log.say(lines.shutdownBegun({ reason, totalMs, inFlight }));
  }

  /** Its providers are still being made, and take too long. */
  leftBootstrap(): void {
    this.log.say(lines.bootstrapLeft());
  }

  /** `announce` is over in the turn in which it begins. */
  phaseStarted(phase: string, leftMs: number, inFlight: () => string): void {
    if (phase === 'propagate') this.log.say(lines.propagateBegun(leftMs));
    else if (phase === 'drain') this.log.say(lines.drainBegun({ inFlight: inFlight(), leftMs }));
    else if (phase === 'close') this.log.say(lines.closeBegun(leftMs));
    else if (phase === 'flush' || !PHASE_NAMES.includes(phase as PhaseName)) {
      this.log.say(lines.phaseBegun({ phase, leftMs }));
    }
  }

  /** The names are those of the report. */
  stillDraining(inFlight: string, oldest: readonly WorkInFlight[], leftMs: number): void {
    this.log.say(lines.stillDraining({ inFlight, oldest, leftMs }));
  }

  /** `unwaited`: clients may have gone on asking, because nothing here says that load balancers are to be waited for. */
  over(report: ShutdownReport, format: 'auto' | 'line' | 'object', unwaited: boolean): void {
    const wellDone = verdictOf(report) === 'clean' && report.propagation?.endedBy !== 'capped';
    const late = lateTrafficText(report);
    if (late) this.log.say(lines.lateTraffic(late));
    const line = wellDone ? lines.reportClean(report, unwaited) : lines.reportTrouble(report);
    this.log.sayWithReport(line, report, format);
    // A bootstrap that can't be waited for is named in any case: it may be that of an application nobody thinks of.
    const { unfinished } = report;
    if (unfinished.some(({ kind, name }) => kind === 'hook' && name === 'bootstrap')) {
      this.log.sayIfOff(line);
    }
    this.log.flush();
  }

  forced(signal: NodeJS.Signals, record: ShutdownRecord | undefined): void {
    this.log.say(lines.secondSignal(signal, record));
    this.log.flush();
  }

  /**
   * Said in any case: who sends a signal again and sees nothing happen has to learn why, and with two applications in a
   * process `logger: false` of one is that of both.
   */
  repeated(signal: NodeJS.Signals, endsNow: NodeJS.Signals): void {
    const line = lines.signalRepeated(signal, endsNow);
    this.log.say(line);
    this.log.sayIfOff(line);
    this.log.flush();
  }

  exitedByOthers(code: number, caller: string | undefined, record?: ShutdownRecord): void {
    this.log.say(lines.exitCalled({ code, caller, record }));
    this.log.flush();
  }

  /** What stands behind `app.close()` in a listener of main.ts, for example. */
  listenersCut(): void {
    this.log.say(lines.listenersCut());
    this.log.flush();
  }

  /** A former life has left its marker. */
  uncleanEnd(end: UncleanEnd): void {
    this.log.say(lines.uncleanEnd(end, Date.now()));
  }

  /** The application runs without a life log. */
  noLifeLog(directory: string | false, error: unknown): void {
    this.log.say(lines.noLifeLog(String(directory), error));
  }
}
