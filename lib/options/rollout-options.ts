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
}
