import { PLATFORM_TABLE, type PlatformRow } from './platform-table.js';

/** What stops the process, and how. */
export type Platform = keyof typeof PLATFORM_TABLE;

/** The platforms whose way of stopping a process is known, in the order in which they are recognised. */
export const PLATFORMS = Object.keys(PLATFORM_TABLE) as readonly Platform[];

/** What is known of each. */
export const PLATFORM_PRESETS: Readonly<Record<Platform, PlatformRow>> = PLATFORM_TABLE;

/** Recognises the platform by the environment it sets; `none` when nothing is recognised. */
export function detectPlatform(env: NodeJS.ProcessEnv, pid: number): Platform {
  return PLATFORMS.find((name) => PLATFORM_PRESETS[name].isMarked?.(env, pid)) ?? 'none';
}

/** What the environment says of the grace period, in milliseconds; undefined when it says nothing. */
export function graceInEnvironment(platform: Platform, env: NodeJS.ProcessEnv): number | undefined {
  const { graceIn } = PLATFORM_PRESETS[platform];
  if (!graceIn) return undefined;
  const ms = Math.round(Number(env[graceIn.variable]) * graceIn.unitMs);
  return ms >= 1 ? ms : undefined;
}
