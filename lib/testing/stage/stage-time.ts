import type { Socket } from 'node:net';
import type { Backstage } from '../../lifecycle/backstage.js';
import { clearTimeout, setTimeout } from '../../time/real-timers.js';
import type { VirtualClock } from '../virtual-clock.js';
import { Barrier } from './barrier.js';
import type { StagedClient } from './client.js';
import { StageError } from './errors.js';
import type { Holds } from './holds.js';

/** So many timers are no shutdown any more, but something that sets one after the other. */
const MOST_TIMERS = 100_000;

/** What time depends on. */
export interface TimeHost {
  readonly backstage: Backstage;
  readonly client: StagedClient;
  readonly holds: Holds;
  readonly patienceMs: number;
  readonly hasEnded: () => boolean;
}

/** The time of a stage. */
export interface StageTime {
  /** @throws StageError in real time */
  readonly clock: VirtualClock;
  /** How many timers of the module are set. */
  pendingTimers(): number;
  /** Lets time go on until something is so. `what` is that, for an error. */
  until(done: () => boolean, what: string): Promise<void>;
  advance(ms: number): Promise<void>;
  /** The server's side of a connection. */
  follow(socket: Socket): void;
  /** Fails the promise when it is waited for, and nobody lets time go on. */
  watched<T>(name: string, promise: Promise<T>): Promise<T>;
}

export function virtualTime(host: TimeHost, clock: VirtualClock): StageTime {
  return new VirtualTime(host, clock);
}

export function realTime(host: TimeHost): StageTime {
  return {
    get clock(): never {
      throw new StageError("A stage in real time (`time: 'real'`) has no virtual clock.");
    },
    pendingTimers: () => 0,
    follow: () => undefined,
    watched: (_name, promise) => promise,
    advance: async (ms) => {
      await new Promise<void>((resolve) => void setTimeout(resolve, ms));
      await host.client.bytesArrive(host.patienceMs); // and what has been sent
    },
    until: async (done, what) => {
      const { gracePeriodMs } = host.backstage.options;
      let waitedMs = 0;
      while (!done()) {
        await new Promise<void>((resolve) => void setTimeout(resolve, 1));
        waitedMs += 1;
        if (waitedMs > gracePeriodMs + host.patienceMs) throw stuck(what, host);
      }
    },
  };
}

class VirtualTime implements StageTime {
  private readonly barrier: Barrier;
  /** How many wait by letting time go on. */
  private drivers = 0;

  constructor(
    private readonly host: TimeHost,
    readonly clock: VirtualClock,
  ) {
    const { backstage, client, holds, patienceMs, hasEnded } = host;
    this.barrier = new Barrier(backstage, clock, client, holds, patienceMs, hasEnded);
  }

  pendingTimers(): number {
    return this.clock.pendingTimers;
  }

  follow(socket: Socket): void {
    this.barrier.follow(socket);
  }

  async until(done: () => boolean, what: string): Promise<void> {
    if (done()) return;
    await this.drive(Infinity, done, what);
  }

  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.drive(end, () => false, `${ms} ms to pass`);
    this.clock.skipTo(end);
    await this.barrier.settle();
  }

  /** From timer to timer, and between two of them whatever is real. */
  private async drive(end: number, done: () => boolean, what: string): Promise<void> {
    this.drivers += 1;
    try {
      for (let fired = 0; ; fired += 1) {
        if (fired > MOST_TIMERS) throw stuck(what, this.host, `${MOST_TIMERS} timers have fired`);
        await this.barrier.settle(done);
        if (done() || (this.clock.nextAt > end && end !== Infinity)) return;
        if (this.clock.nextAt === Infinity) {
          if (await this.somethingReal(done)) continue;
          throw stuck(what, this.host, 'no timer is left');
        }
        this.clock.fireNext();
      }
    } finally {
      this.drivers -= 1;
    }
  }

  /** No timer is left: only what is not known to be under way could still change anything. */
  private async somethingReal(done: () => boolean): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < this.host.patienceMs; waitedMs += 1) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 1));
      if (done() || this.clock.pendingTimers > 0) return true;
    }
    return false;
  }

  async watched<T>(name: string, promise: Promise<T>): Promise<T> {
    const { patienceMs } = this.host;
    let timer: NodeJS.Timeout | undefined;
    const nobody = new Promise<never>((_resolve, reject) => {
      let idleMs = 0;
      const look = () => {
        idleMs = this.drivers > 0 ? 0 : idleMs + 10;
        if (idleMs < patienceMs) {
          timer = setTimeout(look, 10).unref();
          return;
        }
        reject(
          new StageError(
            `${name} is not answered, and nobody has let time go on for ${patienceMs} ms: ` +
              'await stage.over(), stage.reach(…), stage.advance(…) or stage.until(…).',
          ),
        );
      };
      timer = setTimeout(look, 10).unref();
    });
    try {
      return await Promise.race([promise, nobody]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function stuck(what: string, { backstage, client, holds }: TimeHost, why = 'time is over') {
  const held = holds.all;
  const open = client.open();
  const running = [...backstage.running].map(({ name }) => name);
  const said = [
    ...(held.length > 0 ? [`the test holds ${held.join(', ')}`] : []),
    ...(open.length > 0 ? [`not answered: ${open.join(', ')}`] : []),
    ...(running.length > 0 ? [`running: ${running.join(', ')}`] : []),
  ];
  const state = said.length > 0 ? said.join('; ') : `the application is ${backstage.state}`;
  return new StageError(`Waited for ${what}, and ${why}: ${state}.`);
}
