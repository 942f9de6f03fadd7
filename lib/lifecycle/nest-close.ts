import { CLOSE_STAGES, type OwnTask } from '../plan/close-stages.js';
import { deferred, never } from '../time/waits.js';
import type { Application } from '../nest/application.js';
import { holdClientProxies } from '../nest/client-proxies.js';
import { outsideHooks } from '../nest/shutdown-hooks.js';
import type { ShutdownReason } from '../engine/reason.js';
import type { NestSide } from '../plan/hook-owners.js';
import type { TaskContext } from '../engine/task.js';
import { setImmediate } from '../time/real-timers.js';

/** How Nest's teardown ended: at its last hook, at one that failed (core 11 stops there), or not at all. */
type TeardownEnd = 'complete' | 'failed' | 'hung';

/** Nest calls its last hooks one module after the other, without a wait, when there is nothing to do in them. */
const MOST_TURNS = 100;

/** What Nest's teardown has to ask and tell. */
export interface NestCloseOwner {
  /** Nest has come to the door, for a signal of its own or for `close()`. */
  nestHasCome(): void;
  /** The process is about to end: Nest must not go on. */
  readonly ties: { readonly leaving: boolean };
}

/** Who is told when Nest has closed its servers and gateways, or its time for that is over. */
interface ServersOwner {
  serversClosed(context: TaskContext): void;
}

/**
 * Nest's own teardown, held at a door until the work is done, and led past the hooks that have been run already.
 *
 * ```
 * enter()     Nest stands before its first hook, whoever has sent it there, until the door opens
 * door        its hooks: taken over ones are over, those left to it run; then it closes servers, gateways and clients
 * disposed()  the first of all onApplicationShutdown
 * ended()     the last of all onApplicationShutdown
 * ```
 */
export class NestClose implements NestSide {
  private readonly door = deferred();
  private readonly servers = deferred();
  private readonly end = deferred<TeardownEnd>();
  private readonly over = deferred();
  private application?: Application;
  private closeClients?: () => Promise<void>;
  private closing?: Promise<void>;
  private atTheDoor = false;
  private firstHookCalled = false;
  private isOver = false;
  /** Gives the hooks that were taken over back to their objects. */
  private giveBack: () => void = () => undefined;

  constructor(
    private readonly owner: NestCloseOwner,
    private readonly servedBy: ServersOwner,
  ) {}

  /** The door is open: hooks that Nest calls from now on are over, or have had their time. */
  opened = false;
  /** What `close()` was told, for the hooks. */
  signal?: string;
  /** Hooks have been taken over; `giveBack` is called when Nest has called all of its own, and everything is over. */
  tookOver(giveBack: () => void): void {
    this.giveBack = giveBack;
  }

  /** The tasks by which a shutdown drives Nest. Asked for once the application is known. */
  tasks(): OwnTask[] {
    const close = { phase: 'close', site: 'Nest' };
    // Nest goes on where `app.close()` was called; only for a signal do we call it.
    const ofNest = { ...close, runsOwnCode: ({ kind }: ShutdownReason) => kind === 'close' };
    const tasks: OwnTask[] = [
      {
        task: { ...ofNest, name: 'servers and gateways', run: (context) => this.open(context) },
        stage: CLOSE_STAGES.nest,
        isOfNest: true,
      },
      {
        task: { ...ofNest, name: 'what is left to Nest', run: (context) => this.finished(context) },
        stage: CLOSE_STAGES.onApplicationShutdown,
        isOfNest: true,
        ifLeftToNest: true,
      },
    ];
    if (this.application) this.closeClients ??= holdClientProxies(this.application);
    const { closeClients } = this;
    if (closeClients) {
      const task = { ...close, name: 'client proxies', run: () => closeClients() };
      tasks.push({ task, stage: CLOSE_STAGES.clients });
    }
    return tasks;
  }

  /** The application is known, and its `close()` is to come through here. */
  follow(application: Application): void {
    this.application = application;
  }

  /** Nest's teardown has come; resolves when it may go on. */
  enter(): Promise<void> {
    this.atTheDoor = true;
    this.owner.nestHasCome();
    return this.door.promise;
  }

  /** The first of all `onModuleDestroy`. */
  async firstHook(): Promise<void> {
    const again = this.firstHookCalled;
    this.firstHookCalled = true;
    if (!again) await this.enter();
    // Core 11 starts a second teardown for a signal during close(), and would run everybody's hooks twice.
    else if (!this.isOver) await never();
  }

  /** The first of all `onApplicationShutdown`. */
  disposed(): void {
    this.servers.resolve();
  }

  /** The last of all `onApplicationShutdown`. */
  async lastHook(): Promise<void> {
    this.end.resolve('complete');
    await this.over.promise;
    // What Nest does next after a signal is to raise it again, which would end the process under other applications.
    if (this.owner.ties.leaving) await never();
  }

  /** What `close()` does, for all its callers: one teardown, and an end even if that hangs. */
  close(close: () => Promise<void>, signal?: string): Promise<void> {
    this.signal ??= signal;
    this.closing ??= this.closeOnce(close);
    return this.closing;
  }

  /** Lets Nest go through its last hooks, where nothing is left to do; not longer than some turns of the event loop. */
  async settle(): Promise<void> {
    if (!this.atTheDoor && !this.application) return;
    await Promise.race([this.end.promise, this.mostTurns()]);
  }

  private async mostTurns(): Promise<void> {
    for (let turns = 0; turns < MOST_TURNS && !this.end.settled; turns += 1) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  /** The shutdown is over; nobody is waited for any more. */
  finish(): void {
    this.isOver = true;
    this.end.resolve('hung');
    void this.end.promise.then((end) => end !== 'hung' && this.giveBack());
    this.over.resolve();
  }

  private async closeOnce(close: () => Promise<void>): Promise<void> {
    this.owner.nestHasCome();
    // A teardown that a signal began has, on core 11, no promise to share.
    if (this.firstHookCalled) return this.over.promise;
    const teardown = outsideHooks(close);
    teardown.catch(() => this.end.resolve('failed'));
    await this.over.promise;
    if ((await this.end.promise) !== 'hung' && !this.owner.ties.leaving) await teardown;
  }

  /** Opens the door, and waits until Nest has closed what is its own. */
  private async open(context: TaskContext): Promise<void> {
    this.opened = true;
    let aborted = false;
    context.whenAborted(() => {
      aborted = true;
      this.end.resolve('hung'); // named once is enough
      this.servedBy.serversClosed(context);
    });
    this.door.resolve();
    // Nest stands at the door if it listens to the signal itself, since before the signal came. Else nobody would.
    if (!this.atTheDoor) {
      if (!this.application) return this.servers.resolve();
      const signal = context.reason.kind === 'signal' ? context.reason.signal : undefined;
      this.application.close(signal).catch(() => undefined); // known by `end`
    }
    const end = await Promise.race([this.servers.promise, this.end.promise]);
    if (!aborted) this.servedBy.serversClosed(context);
    if (end === 'failed') nameFailure(context);
  }

  /** Waits for the hooks that could not be taken over, and for Nest's own last steps. */
  private async finished(context: TaskContext): Promise<void> {
    if (!this.atTheDoor && !this.application) return;
    if ((await this.end.promise) === 'failed') nameFailure(context);
  }
}

function nameFailure(context: TaskContext): void {
  const name = 'what Nest 11 leaves out after something of its teardown has failed';
  context.unfinished({ kind: 'hook', name, fate: 'abandoned' });
}
