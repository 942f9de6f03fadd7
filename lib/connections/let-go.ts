import { ConnectionInUseError } from '../errors/connection-in-use.error.js';
import type { Clock } from '../time/clock.js';
import type { Closing } from './closing.js';
import { describeInHand, type InHand } from './in-hand.js';

const LOOK_MS = 20;
/** Connections that are lent and on which nothing runs for so long are taken for lost, in milliseconds. */
const LOST_MS = 2_000;
/** The same where the client does not say whether anything runs. */
const PERHAPS_LOST_MS = 5_000;
/** What others wait for a closing call that does not end: its server may be away. */
const NEXT_MS = 1_000;

/** What the wait for a client needs to know. */
export interface LettingGo {
  readonly clock: Clock;
  /** When the phase is over, on the clock. */
  readonly deadline: number;
  /** Told what was cut, or could not be closed. */
  readonly unfinished: (name: string, fate: 'cut' | 'abandoned') => void;
}

/**
 * Lets a closing call through once the client has nothing in hand: TypeORM and Prisma cut what runs, pg never settles
 * those that wait for a connection. What is lent and not given back is not waited for to the end. Resolves when the
 * next call may go.
 */
export async function letGo(closing: Closing, setting: LettingGo): Promise<void> {
  const { clock, deadline } = setting;
  const left = await untilIdle(closing, clock, halfway(clock, deadline));
  closing.go();
  const over = settledFlag(closing.settled);
  const since = clock.now();
  if (left) await untilOver(closing, over, setting);
  else await waitUntil(clock, Math.min(since + NEXT_MS, deadline), () => over.is);
  if (left && over.is && !over.failed && clock.now() - since < 2 * LOOK_MS) {
    setting.unfinished(`${closing.client.name}: ${describeInHand(left)}`, 'cut');
  }
  for (const call of closing.further) {
    await new Promise((settle) => settle(closing.client.close(call))).catch(() => undefined);
  }
}

/** What is in hand when the wait is given up; undefined when there is nothing. */
async function untilIdle(
  closing: Closing,
  clock: Clock,
  until: number,
): Promise<InHand | undefined> {
  const lost = new LostConnections(closing, clock);
  await waitUntil(clock, until, () => !lost.inHand || lost.areLost());
  return lost.inHand;
}

/** A pool that waits for a connection which never comes back would take all of the time. */
async function untilOver(
  closing: Closing,
  over: { readonly is: boolean },
  { clock, deadline, unfinished }: LettingGo,
): Promise<void> {
  const lost = new LostConnections(closing, clock);
  await waitUntil(
    clock,
    halfway(clock, deadline),
    () => over.is || (lost.inHand !== undefined && lost.areLost()),
  );
  const { inHand } = lost;
  if (over.is || !inHand) return;
  const inUse = describeInHand(inHand);
  unfinished(`${closing.client.name}: ${inUse}`, 'abandoned');
  closing.fail(new ConnectionInUseError(closing.client.name, inUse));
}

/** Whether what a client has lent is likely to come back. */
class LostConnections {
  private seen = '';
  private since: number;

  constructor(
    private readonly closing: Closing,
    private readonly clock: Clock,
  ) {
    this.since = clock.now();
  }

  /** What is in hand now; undefined when there is nothing, or nobody can tell. */
  get inHand(): InHand | undefined {
    const { client, shape } = this.closing.client.found;
    try {
      const found = shape.inHand?.(client);
      return found && found.used + found.waiting > 0 ? found : undefined;
    } catch {
      return undefined;
    }
  }

  areLost(): boolean {
    const found = this.inHand;
    const seen = JSON.stringify(found);
    const now = this.clock.now();
    if (seen !== this.seen || (found?.running ?? 0) > 0) this.since = now;
    this.seen = seen;
    return now - this.since >= (found?.running === undefined ? PERHAPS_LOST_MS : LOST_MS);
  }
}

function halfway(clock: Clock, deadline: number): number {
  return clock.now() + Math.max(0, deadline - clock.now()) / 2;
}

async function waitUntil(clock: Clock, until: number, done: () => boolean): Promise<void> {
  while (!done() && clock.now() < until) {
    const ms = Math.min(LOOK_MS, until - clock.now());
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
  }
}

function settledFlag(promise: Promise<unknown>): { is: boolean; failed: boolean } {
  const flag = { is: false, failed: false };
  promise.then(
    () => (flag.is = true),
    () => (flag.is = flag.failed = true),
  );
  return flag;
}
