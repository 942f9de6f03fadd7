/** What PM2 waits between its signal and SIGKILL, in milliseconds, if an application does not set `kill_timeout` (PM2 7). */
const KILL_TIMEOUT_MS = 1_600;

/** PM2 sets both in everything it starts. */
export function isUnderPm2(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['pm_id'] && env['PM2_HOME']);
}

/** How long PM2 leaves a process between its signal and SIGKILL, in milliseconds; undefined without PM2. */
export function pm2GraceMs(env: NodeJS.ProcessEnv): number | undefined {
  if (!isUnderPm2(env)) return undefined;
  const configured = Number(env['kill_timeout']); // in the environment if it is in the configuration
  return configured > 0 ? configured : KILL_TIMEOUT_MS;
}

/** What to say at boot of PM2's limit; undefined when it fits. */
export function pm2Advice(env: NodeJS.ProcessEnv, gracePeriodMs: number): string | undefined {
  const graceMs = pm2GraceMs(env);
  if (graceMs === undefined) return undefined;
  const isDefault = !(Number(env['kill_timeout']) > 0);
  if (!isDefault && gracePeriodMs <= graceMs) return undefined;
  const wanted = Math.max(gracePeriodMs, isDefault ? 12_000 : 0);
  const time = graceMs < 1_000 ? `${graceMs} ms` : `${graceMs / 1_000} s`;
  const limit = `PM2 kills this process ${time} after it has asked it to stop (kill_timeout`;
  return (
    `${limit}${isDefault ? ', its default' : ''}): what takes longer is cut, without a report. ` +
    `Set \`kill_timeout: ${wanted}\` and \`wait_ready: true\` for it in ecosystem.config.js`
  );
}
