import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { now, setTimeout as wait } from '../time/real-timers.js';
import { looksLikeForcedEnd } from './ending-listeners.js';

/** What the application's own listeners have begun for a signal or a message. */
export interface FollowedListeners {
  /** True when all of it is over; false when the limit, in milliseconds, came first. Does not keep the process alive. */
  over(limitMs: number): Promise<boolean>;
  /** The applications are closed: a timer that begins from now on is no limit for that, and its work is waited for. */
  closed(): void;
  /** The listeners of a further signal are followed, too; to be called in one that comes first. */
  enter(): void;
  stop(): void;
}

/** How often is looked whether it is over, in milliseconds; as plain Nest ends with the event loop, nobody waits for long. */
const LOOK_EACH_MS = 10;

const inside = new AsyncLocalStorage<Following | undefined>();
let used = false;

/**
 * Follows what the listeners that run after this one, in the same emit, begin: their promises, and timers that they wait
 * for. It is called first in a listener that comes first.
 *
 * An EventEmitter drops the promise of an async listener, so there is no other way to know that `await app.close()` in a
 * listener has something behind it. Async hooks are on from here to the end of the process, and only if somebody else
 * listens at all. Undefined where there are none that work (Bun).
 */
export function followListeners(): FollowedListeners | undefined {
  if (process.versions['bun'] !== undefined) return undefined;
  try {
    const following = new Following();
    following.enter();
    return following;
  } catch {
    return undefined;
  }
}

/** Runs what is ours, and Nest's, in the middle of a listener that is followed: it is waited for in another way. */
export function notFollowed<T>(run: () => T): T {
  return used ? inside.run(undefined, run) : run();
}

/** A Timeout or an Immediate, as async hooks see it. */
interface TimerResource {
  hasRef?(): boolean;
}

class Following implements FollowedListeners {
  private readonly promises = new Set<number>();
  private readonly timers = new Map<
    number,
    { readonly timer: TimerResource; readonly late: boolean }
  >();
  private isClosed = false;
  private readonly hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (inside.getStore() !== this) return;
      if (type === 'PROMISE') this.promises.add(id);
      else if (type === 'Timeout' || type === 'Immediate') {
        this.timers.set(id, { timer: resource, late: this.isClosed });
      }
    },
    promiseResolve: (id) => void this.promises.delete(id),
    after: (id) => void this.timers.delete(id),
  });

  constructor() {
    this.hook.enable();
  }

  async over(limitMs: number): Promise<boolean> {
    const end = now() + limitMs;
    // What is called at the end of `close()` begins its next step in the turns that follow.
    for (let idle = 0; idle < 3; idle = this.pending() ? 0 : idle + 1) {
      if (now() >= end) return false;
      await new Promise((resolve) => void wait(resolve, idle === 0 ? LOOK_EACH_MS : 1).unref());
    }
    return true;
  }

  closed(): void {
    this.isClosed = true;
  }

  enter(): void {
    used = true;
    inside.enterWith(this);
  }

  stop(): void {
    this.hook.disable();
  }

  private pending(): boolean {
    if (this.promises.size > 0) return true;
    return [...this.timers.values()].some(({ timer, late }) => isAwaited(timer, late));
  }
}

/**
 * Not a timer that was cleared, and not one that forces the end if all else takes too long. What is asked of a Timeout is
 * not documented (Node 20 to 26, lib/internal/timers.js); without it, the timer counts as work.
 */
function isAwaited(timer: TimerResource, late: boolean): boolean {
  if (timer.hasRef?.() === false || Reflect.get(timer, '_destroyed') === true) return false;
  if (late) return true;
  const callback = Reflect.get(timer, '_onTimeout') as unknown;
  return !(typeof callback === 'function' && looksLikeForcedEnd(callback as () => unknown));
}
