import { isatty } from 'node:tty';
import { shared } from '../copies/shared.js';
import { flushOutput, isHeldBack } from './output.js';
import { isMainThread } from 'node:worker_threads';
import { watchLoad } from './load.js';
import { callerOfExit } from './exit-caller.js';
import { followListeners, notFollowed } from './followed-listeners.js';
import { onOwnSignal } from './own-signals.js';
import { setImmediate, setTimeout } from '../time/real-timers.js';
import type { ProcessPort } from './process-port.js';
import { systemClock } from '../time/system-clock.js';

/** A raised signal ends the process before the call returns, or not at all; in milliseconds. */
const RAISED_AFTER_MS = 50;

const ownPort: ProcessPort = {
  get env() {
    return process.env;
  },
  get pid() {
    return process.pid;
  },
  mainThread: isMainThread,
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
  listenersOf: (signal) => process.listeners(signal),
  afterTurn: (callback) => void setImmediate(callback),
  onOwnSignal,
  followListeners,
  notFollowed,
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
  raise: (signal, code) => {
    process.removeAllListeners(signal); // the default action ends it
    setTimeout(() => process.exit(code), RAISED_AFTER_MS);
    process.kill(process.pid, signal);
  },
  exitCodeAtLeast: (code) => {
    const raise = () => {
      if (Number(process.exitCode ?? 0) < code) process.exitCode = code;
    };
    raise();
    process.on('exit', raise); // `process.exit(0)` sets it anew
  },
  onExit: (listener) => {
    const onExit = (code: number) => listener(code, callerOfExit(onExit));
    process.on('exit', onExit);
    return () => {
      process.removeListener('exit', onExit);
    };
  },
  holdsOutput: () => isHeldBack(process),
  flushOutput: (timeoutMs) => flushOutput(process, timeoutMs, systemClock),
  watchLoad,
  activeResources: () => {
    const counts: Record<string, number> = {};
    // Experimental in Node, and not in every other runtime.
    const types = process.getActiveResourcesInfo?.() ?? [];
    for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
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

/** The real process, by one port for all copies of this package: the signal hub goes by it. */
export const nodeProcess: ProcessPort = shared('process:1', () => ownPort);
