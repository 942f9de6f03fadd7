import type { WorkCounter, WorkInFlight, WorkSource } from '../../engine/integration.js';

/** What makes a source of work that is begun inside the application. */
export interface InnerWork {
  readonly name: string;
  readonly runs: WorkCounter;
  readonly stopTaking?: () => unknown;
  readonly takeAgain?: () => unknown;
  /** If more is in flight than is counted. */
  readonly inFlight?: () => readonly WorkInFlight[];
  /** If more has begun than is counted. */
  readonly begun?: () => number;
  readonly finished?: WorkSource['finished'];
}

/** A source of such work: what is counted, with what is different. */
export function innerWork({ name, runs, ...own }: InnerWork): WorkSource {
  return {
    name,
    kind: 'work',
    stopTaking: own.stopTaking ?? (() => undefined),
    takeAgain: own.takeAgain ?? (() => undefined), // `drain()` waits only for sources that have it
    inFlight: own.inFlight ?? (() => runs.list()),
    begun: own.begun ?? (() => runs.begun),
    finished: own.finished ?? ((signal) => runs.idle(signal)),
  };
}
