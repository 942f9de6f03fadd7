import { setTimeout } from '../../time/real-timers.js';

/** What is still there when a shutdown is over; all empty where everything has been cleaned up. */
export interface Left {
  /** Timers of the module on the virtual clock. */
  readonly timers: number;
  /** What of the module still listens to the process, such as `SIGTERM`; and listeners on `process` that are new. */
  readonly listeners: readonly string[];
  /** What keeps the event loop alive, by type (`process.getActiveResourcesInfo()`), as far as it is new: `Timeout ×1`. */
  readonly resources: readonly string[];
}

/** What may be waited for until it has gone. */
interface Own {
  readonly timers: () => number;
  readonly listeners: () => readonly string[];
}

/** Between a process that has ended and what is noticed of it; and what comes and goes by itself, or is the runner's. */
const NOT_LOOKED_AT = new Set([
  'Immediate',
  'CloseReq',
  'FSReqCallback',
  'FSReqPromise',
  'TTYWrap',
]);

/** Compares what a process has when a stage is made with what it has at the end. */
export class Leftovers {
  private readonly resources = countResources();
  private readonly listeners = countListeners();

  /** What is left once nothing changes any more, or patience is over. */
  async look(patienceMs: number, own: Own): Promise<Left> {
    let left = this.now(own);
    for (let waitedMs = 0; !isEmpty(left) && waitedMs < patienceMs / 10; waitedMs += 1) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 1));
      left = this.now(own);
    }
    return left;
  }

  private now({ timers, listeners }: Own): Left {
    return {
      timers: timers(),
      listeners: [...listeners(), ...more(this.listeners, countListeners())],
      resources: more(this.resources, countResources()),
    };
  }
}

function isEmpty({ timers, listeners, resources }: Left): boolean {
  return timers + listeners.length + resources.length === 0;
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo?.() ?? []) {
    if (!NOT_LOOKED_AT.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

function countListeners(): Map<string, number> {
  const names = process.eventNames().map(String);
  return new Map(names.map((name) => [name, process.listenerCount(name)]));
}

function more(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after].flatMap(([name, count]) => {
    const added = count - (before.get(name) ?? 0);
    return added > 0 ? [`${name} ×${added}`] : [];
  });
}
