import { isatty } from 'node:tty';
import { setImmediate } from './real-timers.js';
import type { ProcessPort } from './process-port.js';

/** The real process. */
export const nodeProcess: ProcessPort = {
  get env() {
    return process.env;
  },
  get pid() {
    return process.pid;
  },
  get interactive() {
    return isatty(0); // not process.stdin, which would open the stream
  },
  onSignal: (signal, listener) => {
    // First, so that the reason is known before Nest's own listener starts the teardown.
    process.prependListener(signal, listener);
  },
  offSignal: (signal, listener) => {
    process.removeListener(signal, listener);
  },
  onFatal: (listener) => {
    // The origin, not the event: with --unhandled-rejections=strict a rejection is an exception first.
    const onException = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) =>
      listener(origin, error);
    const onRejection = (error: unknown) => listener('unhandledRejection', error);
    process.on('uncaughtException', onException);
    process.on('unhandledRejection', onRejection);
    return () => {
      process.removeListener('uncaughtException', onException);
      process.removeListener('unhandledRejection', onRejection);
    };
  },
  exit: (code) => {
    // Not a re-raised signal: PID 1 would ignore it, and 'exit' handlers (log transports) would not run.
    process.exit(code);
  },
  onExit: (listener) => {
    process.on('exit', listener);
    return () => {
      process.removeListener('exit', listener);
    };
  },
  activeResources: () => {
    const counts: Record<string, number> = {};
    for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  },
  shieldOutput: () => {
    const ignore = () => undefined;
    process.stdout.on('error', ignore);
    process.stderr.on('error', ignore);
    const undo = () => {
      process.stdout.removeListener('error', ignore);
      process.stderr.removeListener('error', ignore);
    };
    return () => void setImmediate(undo); // a write fails a moment after it was made
  },
};
