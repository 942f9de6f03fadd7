import { PLATFORM_PRESETS } from '../../options/platform-presets.js';
import { UsageError } from '../usage-error.js';

/** How a platform replaces an instance, as far as a rehearsal does the same. */
export interface RehearsedPlatform {
  readonly name: string;
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly graceMs: number;
  /** How late the load balancer learns of a stop, at least and at most, in milliseconds. */
  readonly lagMs: readonly [shortest: number, longest: number];
  /** What every process on it has in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Where requests come through a balancer that is told of a stop. ECS and Cloud Run tell theirs before the signal; of the
 * others, how late is a matter of each cluster, and what is here has been seen in some.
 */
const PLATFORMS = {
  kubernetes: { lagMs: [200, 2_000], env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' } },
  ecs: { lagMs: [0, 0], env: { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/0' } },
  'cloud-run': { lagMs: [0, 0], env: { K_SERVICE: 'rehearsal', K_REVISION: 'rehearsal-1' } },
  heroku: { lagMs: [100, 1_000], env: { DYNO: 'web.1' } },
  nomad: { lagMs: [100, 500], env: { NOMAD_ALLOC_ID: '00000000-0000-0000-0000-000000000000' } },
} as const;

type PlatformName = keyof typeof PLATFORMS;

const isKnown = (name: string): name is PlatformName => Object.hasOwn(PLATFORMS, name);

/** @throws {UsageError} for one that is not rehearsed */
export function platformNamed(name: string): RehearsedPlatform {
  if (!isKnown(name)) {
    const known = Object.keys(PLATFORMS).join(', ');
    throw new UsageError(`expected --platform to be one of ${known}, got '${name}'`);
  }
  return { name, graceMs: PLATFORM_PRESETS[name].gracePeriodMs, ...PLATFORMS[name] };
}

/** The environment of a process on it: this machine may itself be on another. */
export function environmentOn({ env }: RehearsedPlatform, own: NodeJS.ProcessEnv) {
  const marks = new Set(Object.values(PLATFORMS).flatMap((one) => Object.keys(one.env)));
  const rest = Object.entries(own).filter(([name]) => !marks.has(name));
  return { ...Object.fromEntries(rest), ...env };
}
