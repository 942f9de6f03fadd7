import { Server } from 'node:http';
import { keepAliveDefault, keepAliveTooShort } from '../log/boot-lines.js';
import type { Line } from '../log/line.js';

/** What the advice is made from; plain numbers. */
export interface KeepAliveFacts {
  /** `server.keepAliveTimeout`, in milliseconds; 0 means for ever. Read once the application listens. */
  readonly keepAliveTimeoutMs: number;
  /** The platform's name, as in the options. */
  readonly platform: string;
  readonly adapter: 'express' | 'fastify';
}

/**
 * How long load balancers keep an idle connection to the application, in milliseconds, by default.
 *
 * - 60 s: AWS Application Load Balancer ("Connection idle timeout"), nginx `keepalive_timeout` of an upstream
 *   (ngx_http_upstream_module), and with it ingress-nginx
 * - 90 s: Heroku ("HTTP Routing", Keepalives), and nothing else is in front there
 * - 600 s: Google Cloud ("External Application Load Balancer", Backend HTTP keepalive timeout), fixed
 * - 1 h: Envoy ("How do I configure timeouts?", idle_timeout), and with it Istio
 */
const SHORTEST_IDLE_MS = 60_000;
const HEROKU_IDLE_MS = 90_000;
/** Above the balancer's: a request may be on its way in the moment it is over, and AWS and Heroku say 5 s. */
const SLACK_MS = 5_000;

/** Where nothing is known to be in front. */
const WITHOUT_BALANCER: ReadonlySet<string> = new Set([
  'pm2',
  'none',
  'systemd',
  'docker',
  'aws-lambda',
]);

/** Fastify's `keepAliveTimeout` (fastify 5, docs/Reference/Server.md), in milliseconds. */
const FASTIFY_DEFAULT_MS = 72_000;

/**
 * Advises on a keep-alive timeout that is not longer than the load balancer's: Node then ends a connection on which the
 * balancer may just be sending a request, which is a 502 at any time, not only at a deploy.
 *
 * A default that nobody has chosen is worth a line in the log and no warning: Node's 5 s is such a one in every default
 * application on Express. A value that somebody has set is a mistake, and a warning.
 *
 * Nothing is said of one that is longer than the grace period, as Fastify's 72 s. It has a price: a client that comes
 * past any balancer can't be outwaited at a shutdown, and loses a request that meets the end of its connection. But
 * that is a moment of each deploy, the other a moment of each idle connection on each day; every balancer above asks
 * for more than a usual grace period; and who followed the one advice would be given the other.
 *
 * @returns undefined when there is nothing to say
 */
export function keepAliveAdvice(facts: KeepAliveFacts): Line | undefined {
  const { keepAliveTimeoutMs, platform } = facts;
  if (WITHOUT_BALANCER.has(platform) || keepAliveTimeoutMs === 0) return undefined;
  const idleMs = platform === 'heroku' ? HEROKU_IDLE_MS : SHORTEST_IDLE_MS;
  if (keepAliveTimeoutMs > idleMs) return undefined;
  const say = isDefault(keepAliveTimeoutMs) ? keepAliveDefault : keepAliveTooShort;
  return say({ ...facts, enoughMs: idleMs + SLACK_MS });
}

/** Node's own is asked for: it is not the same for ever. */
function isDefault(keepAliveTimeoutMs: number): boolean {
  return [new Server().keepAliveTimeout, FASTIFY_DEFAULT_MS].includes(keepAliveTimeoutMs);
}
