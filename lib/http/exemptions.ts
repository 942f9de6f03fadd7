import type { IncomingMessage } from 'node:http';

/** Says which requests are no work: probes, health checks of load balancers, metrics scrapes. One list for all uses. */
export class Exemptions {
  constructor(
    private readonly paths: readonly string[],
    private readonly userAgents: readonly string[],
  ) {}

  has(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    if (this.paths.some((path) => isPath(url, path))) return true;
    const agent = request.headers['user-agent'];
    return agent !== undefined && this.userAgents.some((prefix) => agent.startsWith(prefix));
  }
}

/** Whether a request's URL is this path, with or without a query. */
export function isPath(url: string, path: string): boolean {
  if (!url.startsWith(path)) return false;
  return url.length === path.length || url[path.length] === '?';
}
