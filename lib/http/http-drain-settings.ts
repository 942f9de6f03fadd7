import type { IncomingMessage } from 'node:http';
import type { Exemptions } from './exemptions.js';
import type { EventStreamSettings } from './event-streams.js';
import type { RouteParams } from './request-name.js';

/** How the HTTP side of a shutdown behaves. */
export interface HttpDrainSettings {
  readonly exemptions: Exemptions;
  readonly retryAfterSeconds: number;
  readonly floorMs: number;
  readonly quietMs: number;
  readonly capMs: number;
  /** A connection that is older is told to go, in milliseconds; 0 leaves connections alone. */
  readonly maxConnectionAgeMs?: number;
  /** How streams of server-sent events end. */
  readonly streams: Omit<EventStreamSettings, 'routeOf'>;
  /** Asked for the names of what is cut: the route parameters, where the framework leaves no route on the request. */
  readonly paramsOf?: (request: IncomingMessage) => RouteParams | undefined;
}
