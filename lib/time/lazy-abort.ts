import { sharedAbort } from './shared-abort.js';

/**
 * An AbortController that is made when somebody asks for its signal: most hooks of Nest never do, nor do most
 * applications.
 */
export class LazyAbort {
  private controller?: AbortController;
  private why?: () => unknown;
  private callbacks?: Array<() => void>;

  get aborted(): boolean {
    return this.why !== undefined;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = sharedAbort();
      if (this.why) this.controller.abort(this.why());
    }
    return this.controller.signal;
  }

  /** Calls back before the signal aborts, once. */
  whenAborted(callback: () => void): void {
    this.callbacks ??= [];
    this.callbacks.push(callback);
  }

  /** `why` makes the reason, if anybody has the signal or will ask for it. Aborts once. */
  abort(why: () => unknown = () => undefined): void {
    if (this.why) return;
    this.why = why;
    for (const callback of this.callbacks?.splice(0) ?? []) callback();
    this.controller?.abort(why());
  }
}
