import { PLATFORM_PRESETS, PLATFORMS } from '../../options/platform.js';
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

/** Where requests come through a balancer that is told of a stop: `rehearsal` in the table of platforms. */
const REHEARSED = PLATFORMS.filter((name) => PLATFORM_PRESETS[name].rehearsal);

/** @throws {UsageError} for one that is not rehearsed */
export function platformNamed(name: string): RehearsedPlatform {
  const known = REHEARSED.find((one) => one === name);
  const preset = known && PLATFORM_PRESETS[known];
  if (!preset?.rehearsal) {
    throw new UsageError(`expected --platform to be one of ${REHEARSED.join(', ')}, got '${name}'`);
  }
  return { name, graceMs: preset.gracePeriodMs, ...preset.rehearsal };
}

/** The environment of a process on it: this machine may itself be on another. */
export function environmentOn({ env }: RehearsedPlatform, own: NodeJS.ProcessEnv) {
  const marks = new Set(
    REHEARSED.flatMap((name) => Object.keys(PLATFORM_PRESETS[name].rehearsal?.env ?? {})),
  );
  const rest = Object.entries(own).filter(([name]) => !marks.has(name));
  return { ...Object.fromEntries(rest), ...env };
}
