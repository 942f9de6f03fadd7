import cluster, { type Worker } from 'node:cluster';

/** What a worker of node:cluster is told. */
export interface WorkerEvents {
  /** `cluster.disconnect()` in the primary, or `worker.disconnect()` here: the worker is to stop. */
  stop(by: string): void;
  /** The primary has ended. */
  orphaned(): void;
}

/** What the primary sends to its workers (Node 20 to 26, lib/internal/cluster; not documented). */
interface InternalMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
}

type Disconnect = () => Worker;

/** How a message to a primary fails that has gone. */
const GONE: readonly unknown[] = ['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED'];

/**
 * Node ends a worker by `process.exit(0)` as soon as its primary has gone, in the middle of whatever it does, unless
 * `exitedAfterDisconnect` is set, which is documented as the sign of a voluntary end. And a server that closes tells the
 * primary: when that has gone a moment ago, the worker has an error that nobody listens to. Returns the undo.
 */
export function leaveVoluntarily(worker: Worker | undefined = cluster.worker): () => void {
  if (!worker) return () => undefined;
  const before = worker.exitedAfterDisconnect;
  worker.exitedAfterDisconnect = true;
  const onError = (error: Error & { readonly code?: unknown }) => {
    if (!GONE.includes(error.code) && worker.listenerCount('error') === 1) throw error;
  };
  worker.on('error', onError);
  return () => {
    worker.exitedAfterDisconnect = before;
    worker.removeListener('error', onError);
  };
}

/**
 * Follows what stops a worker of node:cluster without a signal; returns the undo. Listeners on the worker and for
 * internal messages do not keep the process alive, as those for messages of the process would.
 */
export function onWorkerStop(
  events: WorkerEvents,
  worker: Worker | undefined = cluster.worker,
): () => void {
  if (!worker) return () => undefined;
  const onMessage = (message: InternalMessage) => {
    if (message.cmd === 'NODE_CLUSTER' && message.act === 'disconnect') {
      events.stop('cluster.disconnect()');
    }
  };
  // First: Node's own listener closes the servers.
  process.prependListener('internalMessage' as 'message', onMessage as (message: unknown) => void);
  const onDisconnect = () => events.orphaned();
  worker.prependListener('disconnect', onDisconnect);
  const disconnect = Reflect.get<Worker, 'disconnect'>(worker, 'disconnect');
  let active = true;
  const wrapped: Disconnect = function (this: unknown) {
    if (active) events.stop('worker.disconnect()');
    return Reflect.apply(disconnect, this, []);
  };
  worker.disconnect = wrapped;
  return () => {
    active = false;
    process.removeListener('internalMessage', onMessage);
    worker.removeListener('disconnect', onDisconnect);
    if (worker.disconnect === wrapped) Reflect.deleteProperty(worker, 'disconnect');
  };
}
