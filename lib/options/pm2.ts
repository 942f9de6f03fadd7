import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pm2KillTimeout } from '../log/host-lines.js';
import type { Line } from '../log/line.js';

/** What PM2 waits between its signal and SIGKILL, in milliseconds, if nobody sets `kill_timeout` (PM2 7). */
export const PM2_KILL_TIMEOUT_MS = 1_600;

/** PM2 sets both in everything it starts. */
export function isUnderPm2(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['pm_id'] && env['PM2_HOME']);
}

/** How long PM2 leaves a process between its signal and SIGKILL, in milliseconds; undefined without PM2. */
export function pm2GraceMs(env: NodeJS.ProcessEnv): number | undefined {
  if (!isUnderPm2(env)) return undefined;
  return configuredMs(env) ?? PM2_KILL_TIMEOUT_MS;
}

/**
 * Whether PM2 waits for the message `ready` of this process (`wait_ready`).
 *
 * @param parentPid who would get the message; what PM2 sets in the environment is inherited by all that an application starts
 */
export function pm2WaitsForReady(env: NodeJS.ProcessEnv, parentPid: number): boolean {
  if (!isUnderPm2(env) || env['wait_ready'] !== 'true') return false;
  return Number(textOf(join(String(env['PM2_HOME']), 'pm2.pid'))) === parentPid;
}

/** The file that PM2 has started. */
export function pm2Main(env: NodeJS.ProcessEnv): string {
  return String(env['pm_exec_path']);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // PM2 has ended, or is another user's
  }
}

/** `kill_timeout` is in the environment if it is in the configuration; its default for all is what PM2 was started with. */
function configuredMs(env: NodeJS.ProcessEnv): number | undefined {
  return [env['kill_timeout'], env['PM2_KILL_TIMEOUT']].map(Number).find((ms) => ms > 0);
}

/** What to say at boot of PM2's limit; undefined when it fits. */
export function pm2Advice(env: NodeJS.ProcessEnv, gracePeriodMs: number): Line | undefined {
  const graceMs = pm2GraceMs(env);
  if (graceMs === undefined) return undefined;
  const isDefault = configuredMs(env) === undefined;
  if (!isDefault && gracePeriodMs <= graceMs) return undefined;
  return pm2KillTimeout({
    graceMs,
    isDefault,
    wantedMs: Math.max(gracePeriodMs, isDefault ? 12_000 : 0),
  });
}
