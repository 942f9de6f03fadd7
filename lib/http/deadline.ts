import type { ServerResponse } from 'node:http';
import type { TaskContext } from '../engine/task.js';
import type { Connection } from './connection.js';
import type { EventStreams } from './event-streams.js';
import type { HttpDrainSettings } from './http-drain-settings.js';
import { retryLine } from './event-stream.js';
import { nameOf } from './request-name.js';

/** What is left at the deadline of a drain. */
export interface Unfinished {
  readonly connections: readonly Connection[];
  /** Responses to clients that have gone, whose handlers are still at work. */
  readonly abandoned: readonly ServerResponse[];
  readonly now: number;
  readonly streams: Pick<EventStreams, 'end' | 'endsCleanly' | 'isLeft'>;
}

/** Refuses what is unanswered, cuts what has begun to be answered, and names it all. */
export async function cutEverything(
  { connections, abandoned, now, streams }: Unfinished,
  settings: HttpDrainSettings,
  context: TaskContext,
): Promise<void> {
  const refusals: Promise<void>[] = [];
  const terms = {
    retryAfterSeconds: settings.retryAfterSeconds,
    retryLine: () => retryLine(settings.streams.farewell),
  };
  for (const connection of connections) {
    if (connection.upgraded) continue;
    for (const response of connection.unfinished()) {
      if (streams.endsCleanly(response) && !streams.isLeft(response)) streams.end(response);
    }
    const responses = connection.unfinished().filter((response) => !streams.endsCleanly(response));
    for (const response of responses) {
      if (settings.exemptions.has(response.req)) continue;
      // Behind the first of a pipeline nothing has been answered, so a retry of the others is safe.
      const fate = response.headersSent ? 'cut' : 'refused';
      const ageMs = now - connection.since(response);
      context.unfinished({ kind: 'request', name: nameOf(response.req, settings), ageMs, fate });
    }
    refusals.push(connection.cut(responses, terms));
  }
  for (const { req } of abandoned) {
    context.unfinished({ kind: 'request', name: nameOf(req, settings), fate: 'abandoned' });
  }
  await Promise.all(refusals);
}
