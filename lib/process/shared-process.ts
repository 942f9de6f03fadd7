import type { ProcessPort } from './process-port.js';

type ExitListener = Parameters<ProcessPort['onExit']>[0];

/** What the applications of one process need of it while they shut down: one listener for all, however many they are. */
export class SharedProcess {
  private readonly exitListeners = new Set<ExitListener>();
  private stopWatchingExit?: () => void;
  private shields = 0;
  private unshield?: () => void;

  constructor(private readonly port: ProcessPort) {}

  /** As `ProcessPort.onExit`. */
  onExit(listener: ExitListener): () => void {
    const one: ExitListener = (...how) => listener(...how); // the same function may come from two applications
    this.exitListeners.add(one);
    this.stopWatchingExit ??= this.port.onExit((...how) => {
      for (const each of [...this.exitListeners]) each(...how);
    });
    return () => {
      if (!this.exitListeners.delete(one) || this.exitListeners.size > 0) return;
      this.stopWatchingExit?.();
      this.stopWatchingExit = undefined;
    };
  }

  /** As `ProcessPort.shieldOutput`; until the last of those who have asked for it needs it no longer. */
  shieldOutput(): () => void {
    this.shields += 1;
    this.unshield ??= this.port.shieldOutput();
    let needed = true;
    return () => {
      if (!needed) return;
      needed = false;
      this.shields -= 1;
      if (this.shields > 0) return;
      this.unshield?.();
      this.unshield = undefined;
    };
  }
}

const shared = new WeakMap<ProcessPort, SharedProcess>();

/** What applications on the same process share. */
export function sharedProcessOf(port: ProcessPort): SharedProcess {
  let found = shared.get(port);
  if (!found) shared.set(port, (found = new SharedProcess(port)));
  return found;
}
