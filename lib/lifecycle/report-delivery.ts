import { Inject, Injectable } from '@nestjs/common';
import { within } from '../time/waits.js';
import { CLOCK, PROCESS_PORT, RESOLVED_OPTIONS } from '../tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { ProcessPort } from '../process/process-port.js';
import { TERMINATION_MESSAGE_MAX_BYTES, writeTerminationLog } from '../process/termination-log.js';
import type { Clock } from '../time/clock.js';
import { createReport } from '../report/create-report.js';
import { reportToJson } from '../report/json.js';
import type { PropagationReport, ShutdownRecord, ShutdownReport } from '../engine/record.js';

/** Makes the report, and takes it where it is wanted. */
@Injectable()
export class ReportDelivery {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
  ) {}

  create(
    record: ShutdownRecord,
    exitCode: number | undefined,
    propagation: PropagationReport | undefined,
  ): ShutdownReport {
    const activeResources = this.activeResources(record);
    return createReport(record, { exitCode, propagation, activeResources });
  }

  private activeResources({
    outcome,
  }: ShutdownRecord): Readonly<Record<string, number>> | undefined {
    try {
      return outcome === 'forced' ? this.port.activeResources() : undefined;
    } catch {
      return undefined; // experimental in Node, and only a hint
    }
  }

  /**
   * Writes the termination log and calls `onReport`, which has until shortly before `end`. Never throws; what went wrong
   * is told to `warn`.
   */
  async hand(report: ShutdownReport, end: number, warn: (text: string) => void): Promise<void> {
    const { terminationLog, onReport, exitMarginMs } = this.options;
    if (terminationLog !== false) {
      writeTerminationLog(terminationLog, reportToJson(report, TERMINATION_MESSAGE_MAX_BYTES));
    }
    if (!onReport) return;
    const call = new Promise((settle) => settle(onReport(report)));
    const leftMs = Math.max(0, end - exitMarginMs / 2 - this.clock.now());
    const inTime = await within(
      leftMs,
      call.catch((error: unknown) => warn(`onReport failed: ${String(error)}`)),
      this.clock,
    );
    if (!inTime) warn(`onReport took longer than the ${Math.round(leftMs)} ms that were left`);
  }
}
