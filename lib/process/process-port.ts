import type { FatalTrigger } from '../shutdown/reason.js';

/** The port to the process: signals in, exit code out. Tests give their own. */
export interface ProcessPort {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** Whether a person sits at the terminal. */
  readonly interactive: boolean;
  /** Adds a listener before those that are there. */
  onSignal(signal: NodeJS.Signals, listener: () => void): void;
  offSignal(signal: NodeJS.Signals, listener: () => void): void;
  /**
   * Calls back with each error that nobody caught, which then no longer ends the process; returns the undo. What was
   * thrown may be anything.
   */
  onFatal(listener: (trigger: FatalTrigger, error: unknown) => void): () => void;
  /** Ends the process; never returns in production. */
  exit(code: number): void;
  /** Calls back, synchronously, when anybody ends the process; returns the undo. */
  onExit(listener: (code: number) => void): () => void;
  /** Keeps a closed stdout or stderr from ending the process in the middle of a shutdown; returns the undo. */
  shieldOutput(): () => void;
  /**
   * Resolves when what was written to stdout and stderr has been taken, or after so many milliseconds. A pipe takes it only
   * as fast as its reader reads, and what still waits at the exit of the process is lost.
   */
  flushOutput(timeoutMs: number): Promise<void>;
  /** What keeps the event loop alive, by type, and how many of each. */
  activeResources(): Readonly<Record<string, number>>;
}
