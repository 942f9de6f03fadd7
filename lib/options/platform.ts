import { isUnderPm2 } from './pm2.js';

/** The platforms whose way of stopping a process is known. */
export const PLATFORMS = [
  'kubernetes',
  'ecs',
  'cloud-run',
  'heroku',
  'nomad',
  'pm2',
  'systemd',
  'none',
] as const;

/** What stops the process, and how. */
export type Platform = (typeof PLATFORMS)[number];

/** Recognises the platform by the environment it sets; `none` when nothing is recognised. */
export function detectPlatform(env: NodeJS.ProcessEnv, pid: number): Platform {
  // Kubernetes first: Knative sets K_SERVICE too, and there the pod's rules are what counts.
  if (env['KUBERNETES_SERVICE_HOST']) return 'kubernetes';
  if (env['ECS_CONTAINER_METADATA_URI_V4'] || env['ECS_CONTAINER_METADATA_URI']) return 'ecs';
  if (env['K_SERVICE'] && env['K_REVISION']) return 'cloud-run';
  if (env['DYNO']) return 'heroku';
  if (env['NOMAD_ALLOC_ID']) return 'nomad';
  if (isUnderPm2(env)) return 'pm2';
  // Inherited by everything a unit starts, so it counts only for the unit's own main process.
  if (env['SYSTEMD_EXEC_PID'] === String(pid) || env['NOTIFY_SOCKET']) return 'systemd';
  return 'none';
}
