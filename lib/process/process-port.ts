import type { FatalTrigger } from '../engine/reason.js';
import type { FollowedListeners } from './followed-listeners.js';
import type { LoadWatch } from './load.js';

/** What somebody has registered for a signal. */
export type SignalListener = (...args: never[]) => void;

/** The port to the process: signals in, exit code out. Tests give their own. */
export interface ProcessPort {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** False in a worker thread, where no signal arrives. */
  readonly mainThread: boolean;
  /** Applications whose ports have the same one here end together; by default those with the same port. */
  readonly group?: ProcessPort;
  /** Whether a person sits at the terminal. */
  readonly interactive: boolean;
  /** Adds a listener before those that are there. */
  onSignal(signal: NodeJS.Signals, listener: () => void): void;
  offSignal(signal: NodeJS.Signals, listener: () => void): void;
  /** Everybody's listeners for a signal, ours too. */
  listenersOf(signal: NodeJS.Signals): SignalListener[];
  /** Calls back when everything that is pending now has been dealt with: after this turn of the event loop. */
  afterTurn(callback: () => void): void;
  /** Calls back with each signal that the process sends to itself, before it arrives; returns the undo. */
  onOwnSignal(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Follows what the listeners that are called after this one begin; undefined where that can't be done. */
  followListeners(): FollowedListeners | undefined;
  /** Runs something in such a listener that is not to be followed. */
  notFollowed<T>(run: () => T): T;
  /**
   * Calls back with each error that nobody caught, which then no longer ends the process; returns the undo. What was
   * thrown may be anything.
   */
  onFatal(listener: (trigger: FatalTrigger, error: unknown) => void): () => void;
  /** Ends the process; never returns in production. */
  exit(code: number): void;
  /** Ends the process by a signal, as if nobody had listened to it; with the code where that fails. */
  raise(signal: NodeJS.Signals, code: number): void;
  /** Whoever ends the process from now on, it ends with this code or a higher one. */
  exitCodeAtLeast(code: number): void;
  /**
   * Calls back, synchronously, when anybody ends the process, with the file and line of who called `process.exit()`;
   * returns the undo.
   */
  onExit(listener: (code: number, caller?: string) => void): () => void;
  /** Keeps a closed stdout or stderr from ending the process in the middle of a shutdown; returns the undo. */
  shieldOutput(): () => void;
  /** Whether something that was written to stdout or stderr has not been taken. */
  holdsOutput(): boolean;
  /**
   * Resolves when what was written to stdout and stderr has been taken, or after so many milliseconds. A pipe takes it only
   * as fast as its reader reads, and what still waits at the exit of the process is lost.
   */
  flushOutput(timeoutMs: number): Promise<void>;
  /** Watches what the process is under, from now on. */
  watchLoad(): LoadWatch;
  /** What keeps the event loop alive, by type, and how many of each. */
  activeResources(): Readonly<Record<string, number>>;
}
