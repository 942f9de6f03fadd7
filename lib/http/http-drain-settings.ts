import type { IncomingMessage } from 'node:http';
import type { Exemptions } from './exemptions.js';
import type { Farewell } from './event-stream.js';
import type { RouteParams } from './request-name.js';

/** How the HTTP side of a shutdown behaves. */
export interface HttpDrainSettings {
  readonly exemptions: Exemptions;
  readonly retryAfterSeconds: number;
  readonly floorMs: number;
  readonly quietMs: number;
  readonly capMs: number;
  /** What clients of server-sent events are told. */
  readonly farewell: Farewell;
  /** Asked for the names of what is cut: the route parameters, where the framework leaves no route on the request. */
  readonly paramsOf?: (request: IncomingMessage) => RouteParams | undefined;
}
