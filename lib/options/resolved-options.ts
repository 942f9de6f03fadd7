import type { GracefulOptions } from './graceful-options.js';
import type { PhaseOptions } from './phase-options.js';
import type { Platform } from './platform.js';
import type { ProbeOptions } from './probe-option-types.js';

/** The options with every default filled in, checked one by one and against each other. */
export type ResolvedOptions = Required<
  Omit<GracefulOptions, 'platform' | 'probes' | 'phases' | 'onReport' | 'sseLastEvent'>
> & {
  readonly platform: Platform;
  readonly phases: readonly Required<PhaseOptions>[];
  readonly onReport: GracefulOptions['onReport'];
  readonly sseLastEvent: GracefulOptions['sseLastEvent'];
  readonly probes: false | ResolvedProbeOptions;
};

/** `probes` with every default filled in; `port` stays undefined for the application's own port. */
export type ResolvedProbeOptions = Required<Omit<ProbeOptions, 'port'>> & {
  readonly port: number | undefined;
};
