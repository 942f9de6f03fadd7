import type { Socket } from 'node:net';
import type { Backstage } from '../../lifecycle/backstage.js';
import { countOf } from '../../sources/in-flight.js';
import { setImmediate, setTimeout, turnsWaitedFor } from '../../time/real-timers.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { StagedClient } from './client.js';
import { StageError } from './errors.js';
import type { Holds } from './holds.js';

/** Looks at what is in flight that find nothing, one turn of the event loop after the other, before time goes on. */
const QUIET_TURNS = 3;
/** So many turns are waited for without a pause: a loopback request needs one to three. */
const QUICK_TURNS = 50;
/** A client that is told goodbye and does not go is not waited for longer than this, in real milliseconds. */
const GOODBYE_MS = 20;

/**
 * Says when time may go on: not while something of the real world is under way that the test does not hold. What is under
 * way the module itself knows; no number of turns of the event loop would tell.
 */
export class Barrier {
  private readonly sockets = new Set<Socket>();
  private readonly stubborn = new WeakSet<Socket>();

  constructor(
    private readonly app: Backstage,
    private readonly clock: VirtualClock,
    private readonly client: StagedClient,
    private readonly holds: Holds,
    private readonly patienceMs: number,
    private readonly hasEnded: () => boolean,
  ) {}

  follow(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  /**
   * Resolves when nothing is under way, in real time, or as soon as `done` says so.
   *
   * @throws StageError that names what is still under way when patience is over
   */
  async settle(done: () => boolean = () => false): Promise<void> {
    let turns = 0;
    let quiet = 0;
    let waitedMs = 0;
    let version = this.clock.version;
    while (quiet < QUIET_TURNS) {
      await ownTurn();
      if (done()) return;
      turns += 1;
      const under = this.underWay(waitedMs);
      quiet = under.length === 0 && version === this.clock.version ? quiet + 1 : 0;
      version = this.clock.version;
      if (under.length === 0 || turns < QUICK_TURNS) continue;
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      waitedMs += 1;
      if (waitedMs >= this.patienceMs) throw this.impatience(under);
    }
  }

  /** What keeps time from going on, by its names. */
  underWay(waitedMs = 0): string[] {
    return [
      ...new Set([
        ...this.work(),
        ...this.tasks(),
        ...this.client.underWay(),
        ...this.goodbyes(waitedMs),
        ...(turnsWaitedFor() > 0 ? ['a turn of the event loop'] : []),
        ...(this.isReporting ? ['the report, and the last flush of logs'] : []),
      ]),
    ].filter((name) => !this.holds.has(name));
  }

  /** What the sources of work have in flight that the test does not hold. */
  private work(): string[] {
    return this.app.allSources.flatMap((source) => {
      if (countOf(source) === 0) return [];
      const pieces = source.pieces?.();
      const listed = source.inFlight().map(({ name }) => name);
      const named = listed.filter((name) => !this.holds.has(name));
      if (!pieces || pieces.length !== listed.length) return named;
      return listed.filter((name, at) => {
        const piece = pieces[at];
        return !this.holds.has(name) && !(piece && this.holds.hasResponse(piece));
      });
    });
  }

  /** Hooks and other tasks that run code of the application. Those that wait for work which is in flight go by that. */
  private tasks(): string[] {
    const reason = this.app.reason;
    return [...this.app.running]
      .filter((task) => !(reason && task.runsOwnCode?.(reason)))
      .filter(({ name, phase }) => {
        const source = this.app.allSources.find((one) => one.name === name);
        return !(phase === 'drain' && source && countOf(source) > 0);
      })
      .map(({ name }) => name);
  }

  /** Connections that have been told goodbye, and whose client has not gone. */
  private goodbyes(waitedMs: number): string[] {
    const waiting = [...this.sockets].filter(
      (socket) => socket.writableEnded && !socket.destroyed && !this.stubborn.has(socket),
    );
    if (waitedMs < GOODBYE_MS) return waiting.map(() => 'a connection that closes');
    for (const socket of waiting) this.stubborn.add(socket);
    return [];
  }

  /** The tasks are over, and the process has not ended. */
  private get isReporting(): boolean {
    const { report, state } = this.app;
    if (report === undefined) return false;
    return state !== 'closed' || (report.exitCode !== undefined && !this.hasEnded());
  }

  private impatience(names: readonly string[]): StageError {
    return new StageError(
      `${names.join(', ')}: not over after ${this.patienceMs} ms of real time, and virtual time does not go on meanwhile. ` +
        `If the test holds it, say so: stage.hold('${names[0]}'). If it waits for a timer of its own, which no virtual ` +
        'clock of this package moves, make that short in the test; if it is only slow, raise `patienceMs`.',
    );
  }
}

/** Not `turn()`, which is counted. */
function ownTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
