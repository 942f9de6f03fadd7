import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { GRACE_PERIOD_VARIABLE, isGraceGiven } from './grace-period.js';
import type { GracefulOptions } from './graceful-options.js';
import { checkContradictions } from './grpc-methods.js';
import { settle, type OptionsEnvironment } from './option-row.js';
import { OPTION_TABLE, SETTLED_FIRST } from './option-table.js';
import type { ResolvedProbeOptions } from './probe-options.js';
import type { ResolvedOptions } from './resolved-options.js';

export { GRACE_PERIOD_VARIABLE };
export type { OptionsEnvironment, ResolvedOptions, ResolvedProbeOptions };

/** Which of the two was said, and not derived from where the application runs. */
interface Said {
  readonly platform: boolean;
  readonly gracePeriodMs: boolean;
}

const said = new WeakMap<ResolvedOptions, Said>();

export function whatWasSaid(options: ResolvedOptions): Said {
  return said.get(options) ?? { platform: false, gracePeriodMs: false };
}

/**
 * Fills in the defaults and checks everything, at boot, so that nothing can be wrong at shutdown. Whether the grace period
 * holds all of it is checked with the phases, in `PhasePlan`.
 *
 * @throws InvalidOptionError, UnknownOptionError
 */
export function resolveOptions(
  options: GracefulOptions = {},
  { env, pid }: OptionsEnvironment = process,
): ResolvedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(
      'options',
      'an object',
      options,
      'Call forRoot({ … }) or forRoot().',
    );
  }
  const context = { env, pid, given: options };
  const resolved = settle(OPTION_TABLE, options, context, {
    first: SETTLED_FIRST,
  }) as ResolvedOptions;
  checkAgainstEachOther(resolved);
  said.set(resolved, {
    platform: (options.platform ?? 'auto') !== 'auto',
    gracePeriodMs: isGraceGiven(context),
  });
  return resolved;
}

function checkAgainstEachOther(options: ResolvedOptions): void {
  for (const name of ['propagationFloorMs', 'propagationQuietMs'] as const) {
    if (options[name] > options.propagationCapMs) {
      throw new InvalidOptionError(
        name,
        `at most \`propagationCapMs\` (${options.propagationCapMs})`,
        options[name],
        'Lower it, or raise the cap.',
      );
    }
  }
  if (options.fatalGracePeriodMs > options.gracePeriodMs) {
    throw new InvalidOptionError(
      'fatalGracePeriodMs',
      `at most \`gracePeriodMs\` (${options.gracePeriodMs})`,
      options.fatalGracePeriodMs,
      'Lower it.',
    );
  }
  if (options.awaitLastScrape && (!options.probes || options.probes.port === undefined)) {
    throw new InvalidOptionError(
      'awaitLastScrape',
      'false without `probes.port`',
      true,
      "Give the probes a port, such as probes: { port: 9000 }, and have Prometheus scrape that: the application's own port is closed by then.",
    );
  }
  checkActionSignals(options);
  checkContradictions(options);
}

/** Signals that drain and resume must not be those that stop. */
function checkActionSignals(options: ResolvedOptions): void {
  for (const name of ['drainSignal', 'resumeSignal'] as const) {
    const signal = options[name];
    if (signal === false || !options.signals.includes(signal)) continue;
    throw new InvalidOptionError(
      name,
      'a signal that does not stop the process',
      signal,
      'Use SIGUSR2, or take it out of `signals`. (Node keeps SIGUSR1 for its debugger.)',
    );
  }
}
