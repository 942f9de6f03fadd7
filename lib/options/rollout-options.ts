import type { BusyCounts } from '../engine/busy-counts.js';
import type { WarmUpOptions } from './warm-up-options.js';

/** Options for what comes between two shutdowns: a start that is warm, and connections that move on. */
export interface RolloutOptions {
  /**
   * What runs once the application listens and before readiness opens: requests to itself, and the limit for them and for
   * methods with `@WarmUp()`. Until then the probes `ready` and `startup` answer 503 with `warming up`.
   * @default {}
   */
  warmUp?: WarmUpOptions;

  /**
   * A client connection that is older than this is told to come again, in milliseconds; 0 leaves connections alone. Each has
   * up to a tenth more or less, so that they do not all come at once. Nothing on it is cut: HTTP/1.1 by `Connection: close`
   * on the next answer, or when it is idle; HTTP/2 by GOAWAY in two steps; WebSockets by the close code 1012, in rounds.
   * @default 0
   */
  maxConnectionAgeMs?: number;

  /**
   * Sidecars that are asked to end when the application is over, so that a Job does: `'istio'`, `'linkerd'`, `'cloud-sql-proxy'`,
   * `'dapr'`, or a URL to POST to. It is the last thing that is done, after telemetry and reports are out.
   * @default []
   */
  sidecars?: readonly string[];

  /**
   * Is given what is in flight when that has changed, looked at every `busyIntervalMs`: to publish how costly it would be to end
   * this replica, such as in the annotation `controller.kubernetes.io/pod-deletion-cost`. Nothing is published without it.
   * @default none
   */
  onBusy?: (busy: BusyCounts) => unknown;

  /**
   * How often `onBusy` may be called, in milliseconds.
   * @default 10000
   */
  busyIntervalMs?: number;
}
