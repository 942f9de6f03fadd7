import { Injectable } from '@nestjs/common';
import { within } from '../time/waits.js';
import type { ReportEvidence } from './evidence.js';
import { Setting } from './setting.js';
import { TERMINATION_MESSAGE_MAX_BYTES, writeTerminationLog } from '../process/termination-log.js';
import { Log } from '../log/log.js';
import { onReportFailed, onReportLate } from '../log/shutdown-lines.js';
import { createReport } from '../report/create-report.js';
import { reportToJson } from '../report/json.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';

/** Makes the report, and takes it where it is wanted. */
@Injectable()
export class ReportDelivery {
  constructor(
    private readonly setting: Setting,
    private readonly log: Log,
  ) {}

  create(
    record: ShutdownRecord,
    exitCode: number | undefined,
    evidence: ReportEvidence,
  ): ShutdownReport {
    const activeResources = this.activeResources(record);
    return createReport(record, { exitCode, activeResources, ...evidence });
  }

  private activeResources({
    outcome,
  }: ShutdownRecord): Readonly<Record<string, number>> | undefined {
    try {
      return outcome === 'forced' ? this.setting.port.activeResources() : undefined;
    } catch {
      return undefined; // experimental in Node, and only a hint
    }
  }

  /**
   * Writes the termination log and calls `onReport`, which has until shortly before `end`. Never throws; what went wrong
   * is logged.
   */
  async hand(report: ShutdownReport, end: number): Promise<void> {
    const { clock, options } = this.setting;
    const { terminationLog, onReport, exitMarginMs } = options;
    if (terminationLog !== false) {
      writeTerminationLog(terminationLog, reportToJson(report, TERMINATION_MESSAGE_MAX_BYTES));
    }
    if (!onReport) return;
    const call = new Promise((settle) => settle(onReport(report)));
    const leftMs = Math.max(0, end - exitMarginMs / 2 - clock.now());
    const inTime = await within(
      leftMs,
      call.catch((error: unknown) => this.log.say(onReportFailed(error))),
      clock,
    );
    if (!inTime) this.log.say(onReportLate(leftMs));
  }
}
