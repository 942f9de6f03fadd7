import { inspect } from 'node:util';
import { describeReason, type FatalTrigger, type ShutdownReason } from '../engine/reason.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';
import { describeReport } from '../report/one-line.js';
import { durationText, limitText } from '../report/text.js';
import { sentence } from './line.js';
import { uncleanEndText } from './unclean-end-text.js';

/** What is said from the first signal to the exit of the process. */

export const outOfRotation = sentence(
  {
    id: 'out-of-rotation',
    level: 'log',
    means: 'Readiness was taken down by `drain()` or a signal. The application goes on serving.',
  },
  (by: string) => `${by}: out of rotation, readiness is down; all that comes is still served`,
);

export const backInRotation = sentence(
  {
    id: 'back-in-rotation',
    level: 'log',
    means: 'Readiness is up again, by `resume()` or a signal.',
  },
  (by: string) => `${by}: back in rotation`,
);

export const shutdownBegun = sentence(
  {
    id: 'shutdown-begun',
    level: 'log',
    means: 'The shutdown begins: why, how long it may take, and what is in flight.',
  },
  (of: { readonly reason: ShutdownReason; readonly totalMs: number; readonly inFlight: string }) =>
    `${describeReason(of.reason)}: shutting down, at most ${limitText(of.totalMs)}; ${of.inFlight}`,
);

export const bootstrapLeft = sentence(
  {
    id: 'bootstrap-left',
    level: 'log',
    means: 'The shutdown began during the boot, which took too long to wait for.',
  },
  () => 'The bootstrap is not waited for any longer; nothing has been initialised yet',
);

export const propagateBegun = sentence(
  {
    id: 'propagate-begun',
    level: 'log',
    means:
      'Readiness is down. The application serves until the load balancers have stopped sending.',
  },
  (leftMs: number) =>
    `propagate: serving until the load balancers have stopped sending, ${atMost(leftMs)}`,
);

export const drainBegun = sentence(
  {
    id: 'drain-begun',
    level: 'log',
    means: 'The listeners are closed, and work in flight is finished.',
  },
  (of: { readonly inFlight: string; readonly leftMs: number }) =>
    `drain: no new connections, ${of.inFlight}, ${atMost(of.leftMs)}`,
);

export const closeBegun = sentence(
  { id: 'close-begun', level: 'log', means: 'The shutdown hooks of all providers run.' },
  (leftMs: number) => `close: running the shutdown hooks of all providers, ${atMost(leftMs)}`,
);

export const phaseBegun = sentence(
  { id: 'phase-begun', level: 'log', means: '`flush`, or a phase of your own, begins.' },
  (of: { readonly phase: string; readonly leftMs: number }) => `${of.phase}: ${atMost(of.leftMs)}`,
);

export const stillDraining = sentence(
  {
    id: 'still-draining',
    level: 'log',
    means:
      'Every five seconds of a drain: what is still in flight, by the names that the report has.',
  },
  (of: {
    readonly inFlight: string;
    readonly oldest: ReadonlyArray<{ readonly name: string; readonly ageMs?: number }>;
    readonly leftMs: number;
  }) => {
    const names = of.oldest.map(({ name, ageMs }) => {
      return ageMs === undefined ? name : `${name} (${durationText(ageMs)})`;
    });
    const left = `${limitText(Math.max(0, of.leftMs))} left`;
    return `drain: still ${of.inFlight}, ${left}; the oldest: ${names.join(', ')}`;
  },
);

export const reportClean = sentence(
  {
    id: 'report',
    level: 'log',
    means: 'The shutdown is over, and everything was finished in time.',
  },
  (report: ShutdownReport, unwaited = false) =>
    unwaited
      ? `${describeReport(report)}; load balancers were not waited for, as no orchestrator was found: ` +
        'start with KUBERNETES_SERVICE_HOST=localhost to see that wait here'
      : describeReport(report),
);

export const reportTrouble = sentence(
  {
    id: 'report-trouble',
    level: 'warn',
    means:
      'The shutdown is over. Something was cut, failed or was late, or requests still came at the end.',
    toDo: 'The line names each by its kind; docs/report.md explains them.',
  },
  (report: ShutdownReport) => describeReport(report),
);

export const lateTraffic = sentence(
  {
    id: 'late-traffic',
    level: 'warn',
    means: 'Clients still came when the wait for the load balancers was over, or nearly so.',
    toDo: 'The line names the option to raise, or whose clients stay; docs/report.md explains it.',
  },
  (text: string) => text, // of `lateTrafficText()`, which knows whether there is anything to say
);

export const uncleanEnd = sentence(
  {
    id: 'unclean-end',
    level: 'warn',
    means: 'A former life of this application was killed, or exited before its shutdown was over.',
    toDo: 'See in which phase that was: a drain that needs more time, a hook that hangs, or memory.',
  },
  uncleanEndText,
);

export const noLifeLog = sentence(
  {
    id: 'no-life-log',
    level: 'warn',
    means: 'The directory of `lifeLog` takes no marker. The application runs without it.',
    toDo: 'Give `lifeLog` a directory that exists, can be written to, and outlives the process.',
  },
  (directory: string, error: unknown) =>
    `Nobody will know how this life ends: lifeLog can't write to ${directory} (${(error as Error).message})`,
);

export const shutdownFailed = sentence(
  {
    id: 'shutdown-failed',
    level: 'error',
    means: 'A mistake in this package. The application ends all the same.',
    toDo: 'Please report it, with the stack.',
  },
  (error: unknown) => `The shutdown itself has failed: ${withStack(error)}`,
);

export const fatalError = sentence(
  {
    id: 'fatal-error',
    level: 'error',
    means: 'An error that nobody caught. The application shuts down within `fatalGracePeriodMs`.',
    toDo: 'Mend the error; its stack follows.',
  },
  (trigger: FatalTrigger, error: unknown) => `${trigger}: ${withStack(error)}`,
);

export const fatalErrorAgain = sentence(
  {
    id: 'fatal-error-again',
    level: 'error',
    means:
      'An error that nobody caught while the application was shutting down. The shutdown goes on.',
    toDo: 'Mend the error; its stack follows. Often something is used after it was closed.',
  },
  (trigger: FatalTrigger, error: unknown) => `${trigger} while shutting down: ${withStack(error)}`,
);

export const secondSignal = sentence(
  {
    id: 'second-signal',
    level: 'warn',
    means:
      'Whoever sent the signal a second time wants the end now. The rest of the shutdown is cut.',
    toDo: 'Nothing, if it was you at the terminal. Otherwise see who sends it.',
  },
  (signal: NodeJS.Signals, record: ShutdownRecord | undefined) =>
    `Second signal (${signal}): exiting now${soFar(record)}`,
);

export const signalRepeated = sentence(
  {
    id: 'signal-repeated',
    level: 'warn',
    means: 'The same signal came again, and the shutdown goes on as before.',
    toDo: 'Nothing. Send the signal that the line names to end the process at once.',
  },
  (signal: NodeJS.Signals, endsNow: NodeJS.Signals) =>
    `${signal} came again and changes nothing: the shutdown is under way, and platforms and libraries repeat a signal; ` +
    `${endsNow} ends it now`,
);

export const exitCalled = sentence(
  {
    id: 'exit-called',
    level: 'warn',
    means: 'Other code ended the process during the shutdown.',
    toDo: 'Remove the call that the line names; this module ends the process.',
  },
  (of: {
    readonly code: number;
    readonly caller: string | undefined;
    readonly record?: ShutdownRecord;
  }) => {
    const at = of.caller ? ` at ${of.caller}` : '';
    return `process.exit(${of.code}) was called${at} before the shutdown was over${soFar(of.record)}`;
  },
);

export const listenersCut = sentence(
  {
    id: 'listeners-cut',
    level: 'warn',
    means: 'A signal listener of the application still runs at the end of the grace period.',
    toDo: 'Look for what it waits for after `app.close()`, for example, and give it a limit.',
  },
  () =>
    "The time is over, but the application's own signal listeners are not: exiting without them",
);

export const onReportFailed = sentence(
  {
    id: 'on-report-failed',
    level: 'warn',
    means: 'The callback `onReport` threw or rejected.',
    toDo: 'Mend the callback. The report is in the log.',
  },
  (error: unknown) => `onReport failed: ${String(error)}`,
);

export const onReportLate = sentence(
  {
    id: 'on-report-late',
    level: 'warn',
    means: 'The callback `onReport` took longer than the time that was left.',
    toDo: 'Make it shorter, or give it time with `exitMarginMs`.',
  },
  (leftMs: number) => `onReport took longer than the ${Math.round(leftMs)} ms that were left`,
);

export const notHandedOver = sentence(
  {
    id: 'not-handed-over',
    level: 'warn',
    means: 'Telemetry or logs that were written last did not reach their receiver.',
    toDo: 'See whether the receiver is up, and whether `flushTimeoutMs` is enough for it.',
  },
  (of: { readonly output: string; readonly error: unknown }) =>
    `${of.output} was not handed over: ${String(of.error)}`,
);

function atMost(leftMs: number): string {
  return `at most ${limitText(Math.max(0, leftMs))}`;
}

function soFar(record: ShutdownRecord | undefined): string {
  return record ? `; so far ${describeReport(record)}` : '';
}

function withStack(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? inspect(error);
}

export const methodFailed = sentence(
  {
    id: 'method-failed',
    level: 'error',
    means:
      'With the module switched off, a decorated method has thrown. The others are called all the same.',
    toDo: 'Mend the method; with the module on, the report names it.',
  },
  (name: string, error: unknown) => `${name} failed: ${String(error)}`,
);

export const closeFailed = sentence(
  {
    id: 'close-failed',
    level: 'error',
    means: 'With the module switched off, `shutdown()` has called `app.close()`, which failed.',
    toDo: 'Mend the hook that throws: Nest leaves out what comes after it.',
  },
  (error: unknown) => `The application could not be closed: ${String(error)}`,
);
