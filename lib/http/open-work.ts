import type { ServerResponse } from 'node:http';
import type { TaskContext } from '../engine/task.js';
import type { Clock } from '../time/clock.js';
import { NONE, type Connection } from './connection.js';
import type { ConnectionTracker } from './connection-tracker.js';
import type { EventStreams } from './event-streams.js';
import type { HttpDrainSettings } from './http-drain-settings.js';
import { patienceOf } from './exemptions.js';
import { nameOf } from './request-name.js';
import type { StrayResponses } from './stray-responses.js';

/**
 * What of HTTP counts as work: every response that is not finished, whatever is known of its connection, except to probes
 * and other exempt requests, except streams whose end is left to the application, and except what has stepped aside.
 */
export class OpenWork {
  /** Those of requests that await the end of the application. */
  private readonly aside = new WeakSet<ServerResponse>();

  constructor(
    private readonly settings: HttpDrainSettings,
    private readonly tracker: ConnectionTracker,
    private readonly stray: StrayResponses,
    private readonly eventStreams: Pick<EventStreams, 'isLeft'>,
    private readonly clock: Clock,
  ) {}

  /** How many requests are being worked on. Makes no list for a connection at rest. */
  get count(): number {
    let count = this.abandoned().length + this.strays().length;
    for (const connection of this.tracker.connections) count += this.on(connection).length;
    return count;
  }

  /** Whether there is any: as `count`, without a look at the rest. */
  get exists(): boolean {
    for (const connection of this.tracker.connections) {
      if (this.on(connection).length > 0) return true;
    }
    return this.abandoned().length + this.strays().length > 0;
  }

  /** The responses. */
  all(): ServerResponse[] {
    const open: ServerResponse[] = [];
    for (const connection of this.tracker.connections) open.push(...this.on(connection));
    return [...open, ...this.abandoned(), ...this.strays()];
  }

  /** By name, and by age where that is known. */
  list(): Array<{ readonly name: string; readonly ageMs?: number }> {
    const now = this.clock.now();
    const since = new Map<ServerResponse, number>();
    for (const connection of this.tracker.connections) {
      for (const response of this.on(connection)) since.set(response, connection.since(response));
    }
    return this.all().map((response) => {
      const name = nameOf(response.req, this.settings);
      const begun = since.get(response);
      return begun === undefined ? { name } : { name, ageMs: now - begun };
    });
  }

  on(connection: Connection): readonly ServerResponse[] {
    return this.among(connection.unfinished());
  }

  /** Those on no connection that is known: a drain can't see to them. */
  strays(): readonly ServerResponse[] {
    return this.among(this.stray.unfinished());
  }

  /** Which of these responses count. */
  among(responses: readonly ServerResponse[]): readonly ServerResponse[] {
    if (responses.length === 0) return NONE;
    const { exemptions } = this.settings;
    return responses.filter(
      (response) =>
        !exemptions.has(response.req) &&
        !this.eventStreams.isLeft(response) &&
        !this.aside.has(response),
    );
  }

  stepAside(response: ServerResponse): void {
    this.aside.add(response);
  }

  /** How long the client of a request that does not count waits for its answer, in milliseconds. */
  patienceOf(response: ServerResponse): number {
    return this.aside.has(response) ? 0 : patienceOf(response.req);
  }

  /** Names in the report what goes on after its time. */
  nameAbandoned(responses: readonly ServerResponse[], context: TaskContext): void {
    for (const { req } of responses) {
      const name = nameOf(req, this.settings);
      context.unfinished({ kind: 'request', name, fate: 'abandoned' });
    }
  }

  /** Those without an answer whose clients have gone. */
  private abandoned(): readonly ServerResponse[] {
    return this.among(this.tracker.abandoned.unanswered());
  }
}
