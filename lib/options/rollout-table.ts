import { milliseconds, type OptionTable } from './option-row.js';
import type { ResolvedOptions } from './resolved-options.js';
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
};
