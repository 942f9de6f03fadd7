import type { Clock } from '../time/clock.js';
import type { FollowedListeners } from './followed-listeners.js';
import type { ProcessPort } from './process-port.js';

/** What an application wants of the end of its process. */
export interface WantedEnd {
  readonly exitCode: number;
  /** What can only be done when nothing follows; never rejects. */
  readonly lastStep?: () => Promise<void>;
  /** When the process has to be gone, in milliseconds since the epoch. */
  readonly leaveBy?: number;
}

/**
 * The last moments of a process whose applications are closed: their last steps, then what the application's own
 * listeners have begun for the same signal, then the exit with the highest code of all.
 */
export class ProcessEnd {
  private readonly lastSteps: Array<() => Promise<void>> = [];
  private exitCode?: number;
  private leaveBy = 0;
  private others?: FollowedListeners;

  /** The applications are closed, and the process is about to go. */
  leaving = false;

  constructor(
    private readonly port: ProcessPort,
    private readonly clock: Clock,
  ) {}

  /** Whether anybody wants the process to end. */
  get isWanted(): boolean {
    return this.exitCode !== undefined;
  }

  want({ exitCode, lastStep, leaveBy = 0 }: WantedEnd): void {
    this.exitCode = Math.max(this.exitCode ?? 0, exitCode);
    this.leaveBy = Math.max(this.leaveBy, leaveBy);
    if (lastStep) this.lastSteps.push(lastStep);
  }

  /** What listeners that are called after this one begin is waited for. To be called in a listener. */
  follow(): void {
    if (this.others) this.others.enter();
    else this.others = this.port.followListeners();
  }

  /**
   * @param by the signal to end by, where an exit would not do
   * @param gone called when the process has not ended, which is so in tests only
   */
  leave(by: NodeJS.Signals | undefined, notOver: () => void, gone: () => void): void {
    this.leaving = true;
    this.others?.closed();
    const end = () => {
      const code = this.exitCode ?? 0;
      this.forget();
      if (by) this.port.raise(by, code);
      else this.port.exit(code);
      gone();
    };
    if (this.lastSteps.length === 0 && !this.others) return end();
    void this.lastMoments(notOver).then(end);
  }

  /** The process goes on. */
  forget(): void {
    this.leaving = false;
    this.others?.stop();
    this.others = undefined;
    this.exitCode = undefined;
    this.leaveBy = 0;
    this.lastSteps.length = 0;
  }

  private async lastMoments(notOver: () => void): Promise<void> {
    await Promise.all(this.lastSteps.splice(0).map((step) => step()));
    if (!this.others) return;
    // A listener may end the process itself, and the event loop may run empty: what was cut is not clean then either.
    this.port.exitCodeAtLeast(this.exitCode ?? 0);
    const over = await this.others.over(Math.max(0, this.leaveBy - this.clock.now()));
    if (!over) notOver();
  }
}
