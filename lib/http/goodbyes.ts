import { inSlices } from '../time/event-loop.js';
import { clearTimeout, setTimeout } from '../time/real-timers.js';
import type { Connection } from './connection.js';

/**
 * So many clients have their FIN and have not gone yet before the next get theirs. Node reads all that a poll has brought,
 * and goes on while there is more, before anything else has its turn: with the FINs of ten thousand quick clients, which
 * cost 20 to 50 µs each, the event loop stood still for 50 to 160 ms.
 */
const MOST_AT_ONCE = 128;
/** They are waited for so long, in milliseconds; those of a slow network come one after the other in any case. */
const PATIENCE_MS = 5;

/** Sees to it that not all clients go at the same time. */
export class Goodbyes {
  private readonly leaving = new Set<Connection>();
  private roomMade: () => void = () => undefined;

  constructor(private readonly signal: AbortSignal) {}

  /** Does what may end connections, one after the other. */
  inTurns(connections: readonly Connection[], act: (one: Connection) => void): Promise<void> {
    const actOn = (connection: Connection) => {
      const { ended } = connection;
      act(connection);
      if (!ended && connection.ended && !connection.socket.destroyed) this.leaving.add(connection);
    };
    return inSlices(connections, actOn, () => this.room());
  }

  gone(connection: Connection): void {
    if (this.leaving.delete(connection) && this.leaving.size <= MOST_AT_ONCE / 4) this.roomMade();
  }

  /** Before the next: what to wait for, if too many are about to go. Not at the deadline. */
  private room(): Promise<void> | undefined {
    if (this.leaving.size < MOST_AT_ONCE || this.signal.aborted) return undefined;
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this.leaving.clear();
        this.roomMade = () => undefined;
        resolve();
      };
      const timer = setTimeout(goOn, PATIENCE_MS);
      this.roomMade = goOn;
    });
  }
}
