import { isUnderPm2, pm2Main, pm2WaitsForReady } from '../options/pm2.js';
import { leaveVoluntarily, onWorkerStop } from '../nest/cluster-worker.js';
import { onIpcMessage, othersOnIpcMessages, sendToParent } from '../nest/ipc-message.js';
import { onThreadStop } from '../nest/thread-host.js';
import type { ProcessPort } from '../process/process-port.js';
import { sendsReadyItself } from '../process/sends-ready.js';

/** What supervisors ask of an application without a signal. */
export interface Supervised {
  /** Stop, as for a signal. `others` more listeners are told the same, and their work is waited for. */
  stopFor(detail: string, others: number): void;
  /** Close the application, and leave the process, or the thread, to its host. */
  close(): void;
  /** Whether the process ends with a shutdown. */
  readonly endsProcess: boolean;
}

/**
 * Those who stop a process by another way than a signal: node:cluster, PM2 with `shutdown_with_message`, and the host of a
 * worker thread.
 */
export class Supervisors {
  private undoLeaving?: () => void;

  /** Starts to listen to them; returns the undo. */
  listen(port: ProcessPort, supervised: Supervised): () => void {
    const undo = [
      onWorkerStop({
        stop: (by) => supervised.stopFor(by, 0),
        orphaned: () => {
          if (!supervised.endsProcess) return; // Node does it
          this.leaving();
          supervised.stopFor('the primary of the cluster has ended', 0);
        },
      }),
    ];
    undo.push(onThreadStop(() => supervised.close()));
    if (isUnderPm2(port.env)) {
      const stop = () => supervised.stopFor("PM2's message 'shutdown'", othersOnIpcMessages());
      undo.push(onIpcMessage('shutdown', stop));
    }
    return () => {
      for (const one of undo.splice(0)) one();
    };
  }

  /** The application takes requests. PM2 stops the process that this one replaces when it is told so. */
  ready({ env, mainThread }: ProcessPort): void {
    if (!mainThread || !pm2WaitsForReady(env, process.ppid)) return;
    if (!sendsReadyItself(pm2Main(env))) sendToParent('ready');
  }

  /** A shutdown has begun: the end of a cluster's primary must not cut it. */
  leaving(): void {
    this.undoLeaving ??= leaveVoluntarily();
  }

  /** The shutdown is over, and the process lives on. */
  stays(): void {
    this.undoLeaving?.();
    this.undoLeaving = undefined;
  }
}
