import type { GracefulOptions } from './graceful-options.js';
import type { PhaseOptions } from './phase-options.js';
import type { Platform } from './platform.js';
import type { ResolvedProbeOptions } from './probe-options.js';
import type { ResolvedWarmUpOptions } from './warm-up-options.js';

/** The options with every default filled in, checked one by one and against each other. */
export type ResolvedOptions = Required<
  Omit<
    GracefulOptions,
    'platform' | 'probes' | 'phases' | 'onReport' | 'sseLastEvent' | 'warmUp' | 'onBusy'
  >
> & {
  readonly platform: Platform;
  readonly phases: readonly Required<PhaseOptions>[];
  readonly onReport: GracefulOptions['onReport'];
  readonly sseLastEvent: GracefulOptions['sseLastEvent'];
  readonly warmUp: ResolvedWarmUpOptions;
  readonly onBusy: GracefulOptions['onBusy'];
  readonly probes: false | ResolvedProbeOptions;
};
