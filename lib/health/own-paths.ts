import type { ServerResponse } from 'node:http';
import type { Courtesy, ProbePaths } from './probe-responder.js';
import type { Log } from '../log/log.js';
import { probePathTaken, readinessNotTold, readinessPathTaken } from '../log/probe-lines.js';
import type { ApplicationRoutes } from '../nest/application-routes.js';
import type { RouteMatch } from '../nest/route-match.js';

/** What the paths of the probes belong to, if not to the probes. */
export class OwnPaths {
  private warned = false;

  constructor(
    private readonly routes: ApplicationRoutes,
    private readonly paths: ProbePaths,
    private readonly settings: {
      readonly log: Log;
      /** A path that nobody has; what matches it as well is for every request. */
      readonly elsewhere: () => string;
      /** Whether readiness is down because of a shutdown. */
      readonly refusing: () => boolean;
    },
  ) {}

  /** Says at boot which paths stay with the application. To be called when all routes are registered. */
  announce(): void {
    this.routes.complete();
    const { log } = this.settings;
    for (const path of [this.paths.livePath, this.paths.readyPath, this.paths.startupPath]) {
      const [route] = this.matching('GET', path).filter(({ certain }) => certain);
      if (!route) continue;
      const { text, exact } = route;
      if (exact) log.say(probePathTaken({ path }));
      // A route that matches every path, say of a single-page application, was hardly meant to be a probe.
      else if (path === this.paths.readyPath) log.say(readinessPathTaken({ path, route: text }));
      else log.say(probePathTaken({ path, route: text }));
    }
  }

  /** Leaves a request to the application when something of it matches; the probe answers only what would be a 404. */
  readonly leave: Courtesy = (request, response, path, answer) => {
    const { method = 'GET' } = request;
    if (this.matching(method, path).length === 0) return false;
    let answered = false;
    this.routes.offer(request, (toAnswer) => {
      answered = true;
      answer(toAnswer);
    });
    if (path === this.paths.readyPath && method === 'GET') {
      response.once('finish', () => answered || this.notice(path, response));
    }
    return true;
  };

  private matching(method: string, path: string): RouteMatch[] {
    return this.routes.matching({ method, path, elsewhere: this.settings.elsewhere() });
  }

  /** The application has answered for its readiness: it should not say 200 while it shuts down. */
  private notice(path: string, { statusCode }: ServerResponse): void {
    if (this.warned || statusCode >= 400 || !this.settings.refusing()) return;
    this.warned = true;
    this.settings.log.say(readinessNotTold({ path, statusCode }));
  }
}
