import type { Clock } from '../time/clock.js';
import { within } from '../time/waits.js';
import type { Source } from './source.js';

/** How long stopping a source waits for it to take again, and the other way round, in milliseconds. */
const TURN_MS = 500;

/** To stop a source and to let it take again takes a moment with a broker, and the last of them has to win. */
export class Turns {
  private readonly stopped = new Set<Source>();
  private readonly turns = new Map<Source, Promise<unknown>>();

  constructor(private readonly clock: Clock) {}

  /** Once, until it takes again. */
  async stop(source: Source): Promise<unknown> {
    if (this.stopped.has(source)) return this.turns.get(source);
    this.stopped.add(source);
    if (source.immediate) return source.stopTaking();
    return this.inTurn(source, () => source.stopTaking());
  }

  /** Those of them that were stopped take again. */
  async takeAgain(sources: readonly Source[]): Promise<void> {
    const turns = sources
      .filter((source) => this.stopped.delete(source))
      .map((source) => {
        const again = () => source.takeAgain?.();
        return source.immediate ? again() : this.inTurn(source, again);
      });
    await Promise.allSettled(turns);
  }

  private inTurn(source: Source, call: () => unknown): Promise<unknown> {
    const previous = this.turns.get(source);
    const turn = (async () => {
      // One that hangs, because the broker is gone, does not hold up the next.
      if (previous) await within(TURN_MS, Promise.allSettled([previous]), this.clock);
      return call();
    })();
    this.turns.set(source, turn);
    const over = () => {
      if (this.turns.get(source) === turn) this.turns.delete(source);
    };
    turn.then(over, over);
    return turn;
  }
}
