import { ConsoleLogger, Injectable, Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import type { WorkInFlight } from '../integrations/integration.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { PHASE_NAMES, type PhaseName } from '../engine/phase.js';
import { lateTrafficText } from '../report/late-traffic.js';
import type { UncleanEnd } from '../process/former-lives.js';
import { uncleanEndText } from './unclean-end-text.js';
import { describeReport } from '../report/one-line.js';
import { durationText, limitText, rangeText } from '../report/text.js';
import { describeReason, type FatalTrigger, type ShutdownReason } from '../engine/reason.js';
import type { ShutdownPlan } from '../report/plan.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';

/** What the log says of an application's life: a few lines, through Nest's own logger. */
@Injectable()
export class ShutdownLog {
  private readonly logger = new Logger('Graceful');

  ready(options: ResolvedOptions): void {
    const { platform, gracePeriodMs, drainTimeoutMs, flushTimeoutMs, closeTimeoutMs } = options;
    const drain = Number.isFinite(drainTimeoutMs)
      ? limitText(drainTimeoutMs)
      : 'as long as the rest allows';
    this.say(
      'log',
      `Ready to drain on ${platform}: ${limitText(gracePeriodMs)} of grace, ${waitOf(options)}, ` +
        `drain ${drain}, flush ${limitText(flushTimeoutMs)}, close ${limitText(closeTimeoutMs)}`,
    );
  }

  plan(plan: ShutdownPlan): void {
    this.say('log', `Shutdown plan\n${String(plan)}`);
  }

  warn(text: string): void {
    this.say('warn', text);
  }

  /** A mistake of this package, which must not keep an application from its end. */
  failed(error: unknown): void {
    this.say('error', `The shutdown itself has failed: ${textOf(error)}`);
    this.flush();
  }

  drained(by: string): void {
    this.say('log', `${by}: out of rotation, readiness is down; everything that comes is served`);
  }

  resumed(by: string): void {
    this.say('log', `${by}: back in rotation`);
  }

  fatalError(trigger: FatalTrigger, error: unknown, further: boolean): void {
    const when = further ? ' while shutting down' : '';
    this.say('error', `${trigger}${when}: ${textOf(error)}`);
  }

  begun(reason: ShutdownReason, totalMs: number, inFlight: string): void {
    const limit = `at most ${limitText(totalMs)}`;
    this.say('log', `${describeReason(reason)}: shutting down, ${limit}; ${inFlight}`);
  }

  /** Its providers are still being made, and take too long. */
  leftBootstrap(): void {
    this.say(
      'log',
      'Nothing has been initialised yet, and the bootstrap is not waited for any longer',
    );
  }

  phaseStarted(phase: string, leftMs: number, inFlight: () => string): void {
    const limit = `at most ${limitText(Math.max(0, leftMs))}`;
    if (phase === 'propagate') {
      this.say('log', `propagate: serving until the load balancers have stopped sending, ${limit}`);
    } else if (phase === 'drain') {
      this.say('log', `drain: no new connections, ${inFlight()}, ${limit}`);
    } else if (phase === 'close') {
      this.say('log', `close: running the shutdown hooks of all providers, ${limit}`);
    } else if (phase === 'flush' || !PHASE_NAMES.includes(phase as PhaseName)) {
      this.say('log', `${phase}: ${limit}`);
    }
  }

  /** The names are those of the report. */
  stillDraining(inFlight: string, oldest: readonly WorkInFlight[], leftMs: number): void {
    const names = oldest.map(({ name, ageMs }) => {
      return ageMs === undefined ? name : `${name} (${durationText(ageMs)})`;
    });
    const left = `${limitText(Math.max(0, leftMs))} left`;
    this.say('log', `drain: still ${inFlight}, ${left}; the oldest: ${names.join(', ')}`);
  }

  over(report: ShutdownReport, format: 'auto' | 'line' | 'object'): void {
    const wellDone = report.outcome === 'clean' && report.propagation?.endedBy !== 'capped';
    const level = wellDone ? 'log' : 'warn';
    const late = lateTrafficText(report);
    if (late) this.say('warn', late);
    const line = describeReport(report);
    const asObject = format === 'object' || (format === 'auto' && logsJson());
    this.say(level, asObject ? { message: line, report } : line);
    // A bootstrap that can't be waited for is named in any case: it may be that of an application nobody thinks of.
    const { unfinished } = report;
    if (isOff() && unfinished.some(({ kind, name }) => kind === 'hook' && name === 'bootstrap')) {
      process.stderr.write(`[Graceful] ${line}\n`);
    }
    this.flush();
  }

  forced(signal: NodeJS.Signals, record: ShutdownRecord | undefined): void {
    this.say('warn', `Second signal (${signal}): exiting now${describe(record)}`);
    this.flush();
  }

  /**
   * Said in any case: who sends a signal again and sees nothing happen has to learn why, and with two applications in a
   * process `logger: false` of one is that of both.
   */
  repeated(signal: NodeJS.Signals, endsNow: NodeJS.Signals): void {
    const what = `${signal} came again and changes nothing: the shutdown is under way`;
    const text = `${what}, and platforms and libraries repeat a signal; ${endsNow} ends it now`;
    if (isOff()) process.stderr.write(`[Graceful] ${text}\n`);
    else this.say('warn', text);
    this.flush();
  }

  exitedByOthers(code: number, caller: string | undefined, record?: ShutdownRecord): void {
    const by = caller ? ` at ${caller}` : '';
    const what = `process.exit(${code}) was called${by} before the shutdown was over`;
    this.say('warn', `${what}${describe(record)}`);
    this.flush();
  }

  /** What stands behind `app.close()` in a listener of main.ts, for example. */
  listenersCut(): void {
    this.say(
      'warn',
      "The time is over, but the application's own signal listeners are not: exiting without them",
    );
    this.flush();
  }

  /** A former life has left its marker. */
  uncleanEnd(end: UncleanEnd): void {
    this.say('warn', uncleanEndText(end, Date.now()));
  }

  /** The application runs without a life log. */
  noLifeLog(directory: string | false, error: unknown): void {
    const what = `Nobody will know how this life ends: \`lifeLog\` can't write to ${directory}`;
    this.say(
      'warn',
      `${what} (${(error as Error).message}). Give it a directory that outlives the process`,
    );
  }

  workerThread(): void {
    this.say(
      'warn',
      'This application runs in a worker thread, where no stop signal arrives. It shuts down when its `app.close()` or ' +
        '`Graceful.shutdown()` is called, or when Watt stops it: see to one of these before the main thread ends the worker.',
    );
  }

  /** A logger that fails must not stop the shutdown it reports on: transports end before their application does. */
  private say(level: 'log' | 'warn' | 'error', message: string | object): void {
    try {
      this.logger[level](message);
    } catch {
      // nobody is left to tell
    }
  }

  /** What `bufferLogs` still holds would be lost with the process. */
  private flush(): void {
    try {
      Logger.flush();
    } catch {
      // as above
    }
  }
}

/** `logger: false`, of this application or of one that came later: Nest has one logger for all. */
function isOff(): boolean {
  return !(Logger as unknown as { staticInstanceRef?: unknown }).staticInstanceRef;
}

function waitOf({ propagationCapMs, propagationFloorMs }: ResolvedOptions): string {
  if (propagationCapMs === 0) return 'no wait for load balancers';
  return `load balancers ${rangeText(propagationFloorMs, propagationCapMs)}`;
}

function describe(record: ShutdownRecord | undefined): string {
  return record ? `; so far ${describeReport(record)}` : '';
}

/** Nest's own logger in its JSON form prints an object as part of the line. */
function logsJson(): boolean {
  const logger: unknown = (Logger as unknown as { staticInstanceRef?: unknown }).staticInstanceRef;
  return logger instanceof ConsoleLogger && Reflect.get(logger, 'options')?.json === true;
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? inspect(error);
}
