import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { ProbeOptions } from './graceful-options.js';
import { checkInteger, checkMilliseconds, checkPath, rejectUnknownKeys } from './option-checks.js';
import type { ResolvedProbeOptions } from './resolved-options.js';

/** Fills in the defaults of the option `probes`. */
export function resolveProbes(probes: ProbeOptions): ResolvedProbeOptions {
  if (typeof probes !== 'object' || probes === null || Array.isArray(probes)) {
    throw new InvalidOptionError(
      'probes',
      'an object or false',
      probes,
      'Pass { port: 9000 } or the like, or false to leave the probes out.',
    );
  }
  const {
    port,
    host = '0.0.0.0',
    livePath = '/health/live',
    readyPath = '/health/ready',
    startupPath = '/health/startup',
    checkTimeoutMs = 800,
  } = probes;
  const resolved = { port, host, livePath, readyPath, startupPath, checkTimeoutMs };
  rejectUnknownKeys(probes, Object.keys(resolved), 'probes.');
  return resolved;
}

export function checkProbes(probes: ResolvedProbeOptions): void {
  if (probes.port !== undefined) checkInteger('probes.port', probes.port, 0, 65_535);
  if (typeof probes.host !== 'string' || probes.host === '') {
    throw new InvalidOptionError('probes.host', 'an address', probes.host, "Pass '0.0.0.0' or so.");
  }
  checkPath('probes.livePath', probes.livePath);
  checkPath('probes.readyPath', probes.readyPath);
  checkPath('probes.startupPath', probes.startupPath);
  checkMilliseconds('probes.checkTimeoutMs', probes.checkTimeoutMs, 1);
  if (new Set([probes.livePath, probes.readyPath, probes.startupPath]).size < 3) {
    throw new InvalidOptionError(
      'probes',
      'three different paths',
      `${probes.livePath}, ${probes.readyPath}, ${probes.startupPath}`,
      'A path can answer for one probe only: liveness and readiness mean opposite things during a shutdown.',
    );
  }
}
