import { Injectable } from '@nestjs/common';
import { Buffers } from '../buffers/buffers.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { isAwaited } from '../process/awaited.js';
import { Sources } from '../sources/sources.js';
import { Evidence } from './evidence.js';
import { Life } from './life.js';
import type { NestClose } from './nest-close.js';
import type { ProcessTies } from './process-ties.js';
import { ReportDelivery } from './report-delivery.js';
import { Setting } from './setting.js';
import { Sidecars } from './sidecars.js';
import { ShutdownLog } from './shutdown-log.js';
import type { Steps } from './steps.js';

/** Whose shutdown is over, and how it went. */
export interface Departing {
  readonly record: ShutdownRecord;
  /** What `shutdown()` was told; wins over those of the options. */
  readonly wantedExitCode: number | undefined;
  /** It was closed before it lived, and says nothing unless something went wrong. */
  readonly unborn: boolean;
  readonly ties: ProcessTies;
  readonly nestClose: NestClose;
  readonly steps: Steps;
}

/**
 * The way out, when all tasks are over: telemetry once more, the report, where it is wanted, Nest's last hooks, the logs;
 * then the process, unless it was `app.close()`.
 */
@Injectable()
export class Departure {
  /** Whether clients came through load balancers when the shutdown began. */
  private served = false;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly log: ShutdownLog,
    private readonly probes: ProbeSetup,
    private readonly sources: Sources,
    private readonly buffers: Buffers,
    private readonly delivery: ReportDelivery,
    private readonly evidence: Evidence,
    private readonly sidecars: Sidecars,
  ) {}

  /** The process will exit with it: its loggers are watched, so that they can be ended. */
  begins(exits: boolean): void {
    if (exits) this.buffers.watch();
    this.served = this.sources.serving;
  }

  /** Never rejects; whatever fails, the application comes to its end, and nobody waits for it any longer. */
  async leave(departing: Departing): Promise<ShutdownReport> {
    const { record, ties, nestClose, steps } = departing;
    const { options } = this.setting;
    const { exits } = ties;
    const end = record.startedAt + this.setting.graceFor(record.reason);
    const whole = await steps.wait(() => this.buffers.handOver(record, end));
    const report = this.reportOf(departing, whole ?? record);
    steps.now(() => this.life.reportOn(report));
    steps.now(() => ties.watchesExit(false));
    // Ctrl-C at a terminal, and a process that goes on, wait for no scrape.
    const scraped =
      exits && this.probes.awaitsScrape && !isAwaited(record.reason, this.setting.port);
    if (!scraped) await steps.wait(() => this.probes.close());
    if (!departing.unborn || report.outcome === 'forced') {
      steps.now(() => this.log.over(report, options.logReport, this.isUnwaited(report)));
      await steps.wait(() => this.delivery.hand(report, end));
    }
    await steps.wait(() => nestClose.settle());
    steps.now(() => this.life.end(report));
    if (scraped) {
      await steps.wait(() => this.probes.lastScrapes(end - options.exitMarginMs));
      await steps.wait(() => this.probes.close());
    }
    await steps.wait(() => this.buffers.flush(end));
    if (options.sidecars.length > 0) await steps.wait(() => this.sidecars.dismiss(end));
    steps.now(() => this.sources.drainEnds());
    steps.now(() => {
      if (!exits) return ties.stay();
      const exitCode = report.exitCode ?? options.exitCodeForced;
      const leaveBy = end - options.exitMarginMs / 4;
      ties.leave({ exitCode, lastStep: this.buffers.lastStep(end), leaveBy });
    });
    steps.now(() => this.sources.forget());
    steps.now(() => this.life.release());
    steps.now(() => nestClose.finish());
    return report;
  }

  /** For who awaits the end of what waits for it. */
  reportSoFar(record: ShutdownRecord): ShutdownReport {
    return this.life.report ?? this.delivery.create(record, undefined, this.evidence.soFar);
  }

  private reportOf(departing: Departing, done: ShutdownRecord): ShutdownReport {
    const { steps, ties } = departing;
    const record: ShutdownRecord = steps.failed ? { ...done, outcome: 'forced' } : done;
    const exitCode = ties.exits ? this.exitCodeOf(record, departing.wantedExitCode) : undefined;
    return this.delivery.create(record, exitCode, this.evidence.soFar);
  }

  /**
   * The first SIGTERM on one's own machine, with a client that goes on asking: what it lost was never here, so the report
   * can't have it.
   */
  private isUnwaited({ reason }: ShutdownReport): boolean {
    const { options, port } = this.setting;
    const waits = options.platform !== 'none' || options.propagationCapMs > 0;
    return reason.kind === 'signal' && this.served && !waits && !isAwaited(reason, port);
  }

  private exitCodeOf({ reason, outcome }: ShutdownRecord, wanted: number | undefined): number {
    const { exitCodeClean, exitCodeForced, exitCodeFatal } = this.setting.options;
    if (reason.kind === 'fatal') return exitCodeFatal;
    return wanted ?? (outcome === 'clean' ? exitCodeClean : exitCodeForced);
  }
}
