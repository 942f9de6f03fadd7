import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalTerms } from './refusal.js';

/** What kind of server a connection came through. */
export interface ServerKind {
  /** The application has made it, and closes it and what it has upgraded itself. */
  readonly own: boolean;
  /** Its requests have been offered to the probes before they come to the application. */
  readonly probed: boolean;
}

export const OF_NEST: ServerKind = { own: false, probed: true };

/** Shared by all connections at rest: to ask thousands of them what is in flight makes no list for each. */
export const NONE: readonly ServerResponse[] = Object.freeze([]);

/** What a connection must know of the drain to say what it is waited for. All times in milliseconds. */
export interface DrainTerms {
  /** How long a client that was not told of the close may send one more request. */
  readonly lingerMs: number;
  /** How long after it was opened the first request on a connection is waited for. */
  readonly firstRequestMs: number;
  /** A session of HTTP/2 that is never without a stream leaves after this. */
  readonly leaveWithinMs: number;
  /** The drain came without a wait, so that no client has been told of the close. */
  readonly unannounced: boolean;
  /** Whether anything on the connection counts as work. */
  hasWork(connection: Connection): boolean;
  /** How long the clients of what does not count as work still wait for their answers. */
  patienceMs(connection: Connection): number;
  /** What the connection is waited for has changed by itself. */
  changed(connection: Connection): void;
}

/** How long a connection is waited for in a drain, and what follows. */
export interface Hold {
  /** In milliseconds; without it, until it tells of a change. */
  readonly ms?: number;
  /** When its time is over it is not waited for any longer, and may go on. */
  readonly thenGoesOn?: boolean;
}

/**
 * One client connection, and the little that must be known of it when a shutdown begins. What the protocols have in
 * common is here; how a client is told, waited for and cut is different in each, and asked of the connection.
 */
export interface Connection {
  readonly socket: Socket;
  /** When it was opened, on the clock. */
  readonly openedAt: number;
  /** What it came through. */
  through: ServerKind;
  /** Has carried a request, so it is not merely open. */
  used: boolean;
  /** No longer HTTP: it belongs to whoever accepted the upgrade. */
  readonly upgraded: boolean;
  /** We have said goodbye: nothing more is taken on it. */
  readonly ended: boolean;
  /** Whether anything on it is not finished. */
  readonly busy: boolean;
  /** Whether its client has never sent anything. */
  readonly silent: boolean;

  // -- its requests ----------------------------------------------------------------------------------------------

  /** A request has arrived. On the steady-state path: nothing is kept that Node does not keep. */
  begin(response: ServerResponse, now: number): void;
  /** The responses that are not finished, oldest first. */
  unfinished(): readonly ServerResponse[];
  /** Since when a request has been running, on the clock. */
  since(response: ServerResponse): number;
  /** The responses that are not finished though the socket is closed, where the connection has not told of them before. */
  leftBehind(): readonly ServerResponse[];

  // -- the announcement ------------------------------------------------------------------------------------------

  /**
   * Tells the client to go elsewhere with what comes next, in this turn or with the next response; everything is still
   * served. To be called again with each request. A session that is never idle is told after `latestMs` milliseconds.
   */
  announce(latestMs: number): void;
  /**
   * Tells the client to come again on a new connection, with the next answer; of HTTP/2 when no stream is open, at the latest
   * after `latestMs` milliseconds. To be called again with each request.
   */
  grownOld(latestMs: number): void;
  /** Takes that back, as far as the client has not heard of it; true when it has, and can't be answered any more. */
  revoke(): boolean;
  /** Goes on as if nothing had been announced. */
  stay(): void;
  /** The client knows that nothing more is taken: not to run a handler any more makes a retry elsewhere safe. */
  hasPromisedClose(): boolean;
  /** A response has been closed since the announcement; whether that may change what the connection is waited for. */
  responseClosed(response: ServerResponse): boolean;

  // -- the drain -------------------------------------------------------------------------------------------------

  /** Its client has begun a request, or will soon: known from the start of the drain to the next request. */
  expectRequest(): void;
  /** Takes the next step to its end, if it is time for one; what it is waited for now, if for anything. */
  drain(terms: DrainTerms): Hold | undefined;
  /** Says goodbye; what is in flight may still finish. */
  end(): void;
  /** At the deadline: refuses what has no answer yet, cuts the rest. Resolves when the clients of the former have it. */
  cut(responses: readonly ServerResponse[], terms: RefusalTerms): Promise<void>;
}
