import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { checkInteger } from './option-checks.js';
import { milliseconds, path, settle, type OptionContext, type OptionTable } from './option-row.js';

/** The option `probes`. */
export interface ProbeOptions {
  /**
   * A port of their own, on which they answer until the very end, also in apps without HTTP; 0 picks a free one.
   * @default the application's own port
   */
  port?: number;
  /**
   * The address that port is opened on; `'::'` where there is IPv6 only.
   * @default '0.0.0.0'
   */
  host?: string;
  /**
   * Answers 200 as long as the process can answer at all, and its liveness checks hold.
   * @default '/health/live'
   */
  livePath?: string;
  /**
   * Answers 200 while the service wants traffic: started, its readiness checks up, in rotation, not shutting down.
   * @default '/health/ready'
   */
  readyPath?: string;
  /**
   * Answers 200 once the application has started, and every startup check has passed once.
   * @default '/health/startup'
   */
  startupPath?: string;
  /**
   * Where that port serves the metrics, with `awaitLastScrape`.
   * @default '/metrics'
   */
  metricsPath?: string;
  /**
   * A check that takes longer is down, in milliseconds. Kubernetes gives a probe 1 s (`timeoutSeconds`), so it stays below.
   * @default 800
   */
  checkTimeoutMs?: number;
}

/** `probes` with every default filled in; `port` stays undefined for the application's own port. */
export type ResolvedProbeOptions = Required<Omit<ProbeOptions, 'port'>> & {
  readonly port: number | undefined;
};

/** The options of `probes`, as `OPTION_TABLE` has the others. */
export const PROBE_TABLE: OptionTable<ProbeOptions, ResolvedProbeOptions> = {
  port: {
    type: 'number',
    byDefault: () => undefined,
    check: (name, value) => {
      if (value !== undefined) checkInteger(name, value, 0, 65_535);
    },
    about:
      'A port of their own, on which they answer until the very end, also in apps without HTTP; 0 picks a free one.',
  },
  host: {
    type: 'string',
    byDefault: () => '0.0.0.0',
    check: checkHost,
    about: "The address that port is opened on; `'::'` where there is IPv6 only.",
  },
  livePath: path(
    '/health/live',
    'Answers 200 as long as the process can answer at all, and its liveness checks hold.',
  ),
  readyPath: path(
    '/health/ready',
    'Answers 200 while the service wants traffic: started, its readiness checks up, in rotation, not shutting down.',
  ),
  startupPath: path(
    '/health/startup',
    'Answers 200 once the application has started, and every startup check has passed once.',
  ),
  metricsPath: path('/metrics', 'Where that port serves the metrics, with `awaitLastScrape`.'),
  checkTimeoutMs: milliseconds(1, 800, 'A check that takes longer is down, in milliseconds.'),
};

export function checkProbes(name: string, probes: unknown): void {
  if (typeof probes === 'object' && probes !== null && !Array.isArray(probes)) return;
  if (probes === false) return;
  throw new InvalidOptionError(
    name,
    'an object or false',
    probes,
    'Pass { port: 9000 } or the like, or false to leave the probes out.',
  );
}

/** Fills in the defaults of the option `probes`. */
export function resolveProbes(
  probes: false | ProbeOptions,
  context: OptionContext,
): false | ResolvedProbeOptions {
  if (probes === false) return false;
  const resolved = settle(PROBE_TABLE, probes, context, {
    prefix: 'probes.',
  }) as ResolvedProbeOptions;
  const { livePath, readyPath, startupPath, metricsPath } = resolved;
  const paths = [livePath, readyPath, startupPath];
  if (paths.includes(metricsPath)) {
    throw new InvalidOptionError(
      'probes.metricsPath',
      'another path than those of the probes',
      metricsPath,
      "Pass one such as '/metrics'.",
    );
  }
  if (new Set(paths).size === 3) return resolved;
  throw new InvalidOptionError(
    'probes',
    'three different paths',
    `${livePath}, ${readyPath}, ${startupPath}`,
    'A path can answer for one probe only: liveness and readiness mean opposite things during a shutdown.',
  );
}

function checkHost(name: string, host: unknown): void {
  if (typeof host === 'string' && host !== '') return;
  throw new InvalidOptionError(name, 'an address', host, "Pass '0.0.0.0' or so.");
}
