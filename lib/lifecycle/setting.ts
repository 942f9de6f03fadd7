import { Inject, Injectable, Optional } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN } from '../graceful.module-definition.js';
import type { GracefulOptions } from '../options/graceful-options.js';
import { isGraceAssumed } from '../options/grace-period.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { ProcessPort } from '../process/process-port.js';
import type { ShutdownReason } from '../engine/reason.js';
import type { Clock } from '../time/clock.js';
import { ASKED_THROUGH, CLOCK, PROCESS_PORT, RESOLVED_OPTIONS } from '../tokens.js';

/** What an application's life depends on, and what does not change in it. */
@Injectable()
export class Setting {
  constructor(
    @Inject(RESOLVED_OPTIONS) readonly options: ResolvedOptions,
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(PROCESS_PORT) readonly port: ProcessPort,
    /** The class by which the application can call for its shutdown. */
    @Inject(ASKED_THROUGH) readonly askedThrough: unknown,
    @Optional() @Inject(MODULE_OPTIONS_TOKEN) private readonly given: GracefulOptions = {},
  ) {}

  /** Whether the signals are those of `forRoot({ signals })`, and not the default. */
  get signalsAreChosen(): boolean {
    return this.given.signals !== undefined;
  }

  /** Whether nobody has said how long the grace period is, neither the application nor its platform. */
  get graceIsAssumed(): boolean {
    return isGraceAssumed(this.given, this.port.env, this.options.platform);
  }

  /** Signals that mean something else than the end. */
  get actionSignals(): readonly NodeJS.Signals[] {
    const { drainSignal, resumeSignal } = this.options;
    return [drainSignal, resumeSignal].filter((signal) => signal !== false);
  }

  /** From the reason to the end of the process, in milliseconds. */
  graceFor({ kind }: ShutdownReason): number {
    const { gracePeriodMs, fatalGracePeriodMs } = this.options;
    return kind === 'fatal' ? fatalGracePeriodMs : gracePeriodMs;
  }

  /** What of that a shutdown may use, in milliseconds. */
  budgetFor(reason: ShutdownReason): number {
    return Math.max(0, this.graceFor(reason) - this.options.exitMarginMs);
  }
}
