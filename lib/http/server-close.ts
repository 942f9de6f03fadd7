import type { ShutdownReason } from '../engine/reason.js';
import type { UnfinishedWork } from '../engine/record.js';
import type { TaskContext } from '../engine/task.js';
import type { Clock } from '../time/clock.js';
import { inSlices } from '../time/event-loop.js';
import { turn } from '../time/real-timers.js';
import { backlogOf } from './backlog.js';
import type { ConnectionTracker } from './connection-tracker.js';
import type { EventStreams } from './event-streams.js';
import type { FollowedServers } from './followed-servers.js';

/** So many connections of a listener can wait in the kernel as the drain begins, unless it asked for more: Node's default. */
const BACKLOG = 511;
/** An upgraded socket whose owner closes it together with the server (plugins of Fastify) has this long, in milliseconds. */
const OWNER_MS = 500;

/** The end of the servers: their listeners as the drain begins, what is left of them when Nest closes them. */
export class ServerClose {
  /** What was still open when the servers closed, until somebody asks. */
  private readonly leftovers: UnfinishedWork[] = [];

  constructor(
    private readonly servers: FollowedServers,
    private readonly tracker: ConnectionTracker,
    private readonly streams: EventStreams,
    private readonly clock: Clock,
  ) {}

  /** Where nothing waits, `app.close()` frees the port in the turn in which it is called, as plain Nest does. */
  mayStopAtOnce({ kind }: ShutdownReason): boolean {
    return kind === 'close' && (this.backlog ?? 0) === 0;
  }

  /**
   * To be waited for before the listeners are closed, which resets what the kernel has accepted and we have not.
   *
   * Node accepts one connection of each listener in a turn of the event loop: goes on until none waits, however long
   * that takes on a busy machine; where that can't be seen, until a turn brings none. Clients that were told of the close
   * come again at once, each on a new connection, so a turn may always bring one, and their number is limited.
   */
  async acceptBacklog(signal: AbortSignal): Promise<void> {
    const { tracker } = this;
    const most = tracker.accepted + BACKLOG * this.servers.size;
    let known: number;
    do {
      known = tracker.accepted;
      await turn();
    } while (
      (this.backlog ?? tracker.accepted - known) > 0 &&
      tracker.accepted < most &&
      !signal.aborted
    );
  }

  /** How many connections the kernel has accepted and we have not. Undefined when no listener's can be seen. */
  private get backlog(): number | undefined {
    let sum: number | undefined;
    for (const server of this.servers) {
      const waiting = server.listening ? backlogOf(server) : undefined;
      if (waiting !== undefined) sum = (sum ?? 0) + waiting;
    }
    return sum;
  }

  /**
   * Closes the servers, which waits for every connection there is: those without a request, whose clients do not hear
   * our FIN, are ended first, and what is left soon after. Nobody's hook comes any more that could do it.
   */
  async closeServers(close: () => Promise<void>): Promise<void> {
    await inSlices(this.tracker.all(), (connection) => {
      if (!connection.upgraded && !connection.busy) connection.socket.destroy();
    });
    await this.streams.endThoseLeft();
    const timer = this.clock.setTimeout(() => this.destroyAll(), OWNER_MS);
    try {
      await close();
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  /** Ends what is still open, and names what had to be ended for its owner. */
  destroyLeftovers(context: TaskContext): void {
    this.destroyAll();
    for (const work of this.leftovers.splice(0)) context.unfinished(work);
  }

  private destroyAll(): void {
    for (const connection of this.tracker.all()) {
      if (connection.through.own && !connection.ended) continue; // its owner is yet to come
      if (connection.upgraded && !connection.socket.destroyed) {
        this.leftovers.push({
          kind: 'socket',
          name: 'an upgraded socket that its owner left open',
          ageMs: this.clock.now() - connection.openedAt,
          fate: 'cut',
        });
      }
      connection.socket.destroy();
    }
  }
}
