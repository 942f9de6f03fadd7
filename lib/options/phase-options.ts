import type { Ordering, OrderTarget } from '../engine/order-target.js';
import type { ShutdownReason } from '../engine/reason.js';

/** An entry of the option `phases`. At least one of `after` and `before` says where the phase belongs. */
export interface PhaseOptions {
  readonly name: string;
  /**
   * The phases that must be over before it begins.
   * @default [], so that it begins at once
   */
  readonly after?: readonly string[];
  /**
   * The phases that begin only when it is over. `close` is always one of them, unless it comes after `close`.
   * @default []
   */
  readonly before?: readonly string[];
  /**
   * The longest it may take, in milliseconds; a slow drain can't eat it.
   * @default a fifteenth of the grace period, at most 5000
   */
  readonly timeoutMs?: number;
  /**
   * What happens when one of its tasks is over time: go on, or skip every phase that has not begun, `close` too, for a
   * process that is to end at once.
   * @default 'continue'
   */
  readonly onTimeout?: 'continue' | 'abort';
  /**
   * Leaves it out, always or for some reasons.
   * @default true
   */
  readonly enabled?: boolean | ((reason: ShutdownReason) => boolean);
}

/** An entry of the option `order`. */
export interface OrderOptions extends Ordering {
  /** The class or injection token of the provider. */
  readonly provider: OrderTarget;
  /**
   * The phase its hooks run in.
   * @default 'close'
   */
  readonly phase?: string;
}
