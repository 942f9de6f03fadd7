import { checkFunction } from './option-checks.js';
import { milliseconds, type OptionTable } from './option-row.js';
import type { ResolvedOptions } from './resolved-options.js';
import { checkSidecars } from './sidecars.js';
import type { RolloutOptions } from './rollout-options.js';
import { checkWarmUp, resolveWarmUp } from './warm-up-options.js';

/** The rows of `OPTION_TABLE` for what comes between two shutdowns. */
export const ROLLOUT_TABLE: OptionTable<RolloutOptions, ResolvedOptions> = {
  warmUp: {
    type: 'WarmUpOptions',
    byDefault: () => ({}),
    check: checkWarmUp,
    resolve: resolveWarmUp,
    about:
      'What runs once the application listens and before readiness opens: requests to itself, and the limit for them and for methods with `@WarmUp()`.',
  },
  maxConnectionAgeMs: milliseconds(
    0,
    0,
    'A client connection that is older than this is told to come again, in milliseconds; 0 leaves connections alone.',
  ),
  sidecars: {
    type: 'readonly string[]',
    byDefault: () => [],
    check: checkSidecars,
    about:
      "Sidecars that are asked to end when the application is over, so that a Job does: `'istio'`, `'linkerd'`, `'cloud-sql-proxy'`, `'dapr'`, or a URL to POST to.",
  },
  onBusy: {
    type: '(busy: BusyCounts) => unknown',
    byDefault: () => undefined,
    check: (name, value) => {
      if (value !== undefined) checkFunction(name, value);
    },
    about:
      'Is given what is in flight when that has changed, looked at every `busyIntervalMs`: to publish how costly it would be to end this replica, such as in the annotation `controller.kubernetes.io/pod-deletion-cost`.',
  },
  busyIntervalMs: milliseconds(1, 10_000, 'How often `onBusy` may be called, in milliseconds.'),
};
