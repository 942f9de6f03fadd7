import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { nearest } from '../errors/nearest.js';
import { checkArray } from './option-checks.js';

/** Where each sidecar takes a request for its end, by its defaults. */
const SIDECARS = {
  /** pilot-agent, which ends Envoy with itself (Istio docs, `pilot-agent`; 1.3 and later). */
  istio: () => 'http://127.0.0.1:15020/quitquitquit',
  /** Its proxy needs `--enable-shutdown-endpoint`, `proxy.enableShutdownEndpoint` in the chart. */
  linkerd: () => 'http://127.0.0.1:4191/shutdown',
  /** Version 2 needs `--quitquitquit`; its port is that of `--admin-port`. */
  'cloud-sql-proxy': () => 'http://127.0.0.1:9091/quitquitquit',
  /** `POST /v1.0/shutdown` (Dapr docs, "Dapr sidecar API"); its injector sets the port. */
  dapr: (env: NodeJS.ProcessEnv) =>
    `http://127.0.0.1:${env['DAPR_HTTP_PORT'] || '3500'}/v1.0/shutdown`,
} as const;

type Known = keyof typeof SIDECARS;

const NAMES = Object.keys(SIDECARS);

function isKnown(name: string): name is Known {
  return Object.hasOwn(SIDECARS, name);
}

/** What is asked for the end of a sidecar, by its name or as it is. */
export function sidecarUrl(sidecar: string, env: NodeJS.ProcessEnv): string {
  return isKnown(sidecar) ? SIDECARS[sidecar](env) : sidecar;
}

export function checkSidecars(name: string, value: unknown): void {
  for (const [index, one] of checkArray(name, value).entries()) {
    if (typeof one === 'string' && (isKnown(one) || /^https?:\/\/./.test(one))) continue;
    const near = typeof one === 'string' ? nearest(one, NAMES) : undefined;
    const guess = near === undefined ? '' : `Did you mean '${near}'? `;
    throw new InvalidOptionError(
      `${name}[${index}]`,
      `one of ${NAMES.map((known) => `'${known}'`).join(', ')}, or the URL to POST to`,
      one,
      `${guess}Pass one such as 'istio' or 'http://127.0.0.1:15020/quitquitquit'.`,
    );
  }
}
