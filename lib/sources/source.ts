import type { ShutdownReason } from '../engine/reason.js';
import type { TaskContext } from '../engine/task.js';
import type { WorkSource } from '../engine/integration.js';

/**
 * A source of work as the shutdown sees it. What an integration gives is a `WorkSource`; HTTP and tracked work, which come
 * with this package, say more of themselves.
 */
export interface Source extends Omit<WorkSource, 'kind'> {
  readonly kind: WorkSource['kind'] | 'request';
  /** The name of the task that stops it; `<name>: stop` by default, and false when there is nothing to stop. */
  readonly stopTask?: string | false;
  /** Told why before it stops taking for a shutdown, and not for a drain that can be taken back. */
  shutsDown?(reason: ShutdownReason): void;
  /** Stops and takes again in the turn in which it is asked, for nobody else has to hear of it. */
  readonly immediate?: boolean;
  /** Finds what belongs to it. To be called when all providers are initialised. */
  discover?(): void;
  /** How many pieces are in flight, where that is cheaper than to list them. */
  count?(): number;
  /** What stands for them (`OwnWork.countedAs`), where that is not what is listed. */
  pieces?(): readonly object[];
  /** Lets the shutdown go on without one of those, which awaits its end; undefined where it can't. */
  stepAsideOf?(piece: object): (() => void) | undefined;
  /** Whether what is closed now waits for one that has stepped aside. */
  isWaitedFor?(piece: object): boolean;
  /** How so many in flight are called in the log; undefined when they need no word. */
  text?(count: number): string | undefined;
  /** Whether clients come to it through load balancers now; by default, whether it has `lastArrival`. */
  serving?(): boolean;
  /** Its part in the phase `drain`, when that is more than to wait for `finished`. It names what is left by itself. */
  drain?(context: TaskContext): Promise<void>;
  /** Nest has closed its servers and gateways, or its time for that is over. */
  serversClosed?(context: TaskContext): void;
  /** The application is over, or will never be. */
  forget?(): void;
}

/** A source, and the name of the integration that has found it. */
export interface FoundSource {
  readonly source: WorkSource;
  readonly integration: string;
}

/** Its work is begun by what goes on in the application: a listener, a handler. */
export function isInner({ kind }: Source): boolean {
  return kind === 'work';
}
