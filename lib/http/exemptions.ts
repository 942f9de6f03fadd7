import type { IncomingMessage } from 'node:http';

/** How long a scrape waits for its answer unless it says so itself, in milliseconds: Prometheus' `scrape_timeout`. */
const SCRAPE_TIMEOUT_MS = 10_000;

/**
 * Says which requests are no work: probes, health checks of load balancers, metrics scrapes. One list for all uses. Only
 * what reads is exempt: a POST to `/metrics`, or Prometheus' remote write, brings something that must not be lost.
 */
export class Exemptions {
  constructor(
    private readonly paths: readonly string[],
    private readonly userAgents: readonly string[],
  ) {}

  has(request: IncomingMessage): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const url = request.url ?? '';
    if (this.paths.some((path) => isPath(url, path))) return true;
    const agent = request.headers['user-agent'];
    return agent !== undefined && this.userAgents.some((prefix) => agent.startsWith(prefix));
  }
}

/**
 * How long the client of an exempt request waits for its answer, in milliseconds. Exempt means that nobody waits for the
 * next one; this one is answered, as plain Nest answers it, while its client is still there.
 */
export function patienceOf(request: IncomingMessage): number {
  const seconds = Number(request.headers['x-prometheus-scrape-timeout-seconds']);
  return seconds > 0 && Number.isFinite(seconds) ? seconds * 1_000 : SCRAPE_TIMEOUT_MS;
}

/** Whether a request's URL is this path, with or without a query. */
export function isPath(url: string, path: string): boolean {
  if (!url.startsWith(path)) return false;
  return url.length === path.length || url[path.length] === '?';
}
