/**
 * Stop signals that come within this time of the first are one request, in milliseconds: Ctrl-C and a supervisor reach
 * the whole process group, npm passes on what the process has already received, nodemon sends two names at once. Those
 * arrive some milliseconds apart, up to about 100 on a busy machine; two presses of a person take longer than 250.
 */
export const ONE_REQUEST_MS = 250;

/** These end a shutdown that another signal has begun: supervisors escalate with them. SIGHUP and SIGUSR2 do not. */
const STRONG: readonly NodeJS.Signals[] = ['SIGQUIT', 'SIGTERM', 'SIGINT'];

/** A signal that comes while the process is ending. */
export interface FurtherSignal {
  readonly signal: NodeJS.Signals;
  /** Since the first, in milliseconds. */
  readonly sinceMs: number;
  /** The names that have come so far. */
  readonly seen: ReadonlySet<NodeJS.Signals>;
  /** A person sits at the terminal. */
  readonly interactive: boolean;
  /** The process has sent it to itself: a library raises the signal again once its own work is done, as Nest does. */
  readonly raisedHere: boolean;
}

/**
 * What a further signal means: `same` request, a `repeat` that nobody pressed, or `now`.
 *
 * A person at a terminal presses a second time because the shutdown takes too long. Without a terminal, platforms repeat
 * the signal (Heroku) and libraries raise it again (graphile-worker); only a stronger one says that it has to end now.
 */
export function meaningOf(further: FurtherSignal): 'same' | 'repeat' | 'now' {
  const { signal, sinceMs, seen, interactive, raisedHere } = further;
  if (sinceMs < ONE_REQUEST_MS) return 'same';
  if (raisedHere) return 'repeat';
  if (interactive) return 'now';
  return STRONG.includes(signal) && !seen.has(signal) ? 'now' : 'repeat';
}

/** The signal that still ends it now, for the hint. */
export function signalThatEndsNow(seen: ReadonlySet<NodeJS.Signals>): NodeJS.Signals {
  return STRONG.find((signal) => !seen.has(signal)) ?? 'SIGKILL';
}
