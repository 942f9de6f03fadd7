import { constants } from 'node:os';

type Kill = (pid: number, signal?: string | number) => true;

/**
 * Calls back with each signal that the process sends to itself by `process.kill()`, before it arrives; returns the undo.
 * The sender of a signal can't be asked for otherwise: Node does not pass on `siginfo`. Wraps only while it is needed;
 * a wrapper that somebody else has put on top stays, and ours below it then only passes on.
 */
export function onOwnSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  const kill = Reflect.get<NodeJS.Process, 'kill'>(process, 'kill'); // as it is now: somebody else may have wrapped it
  let active = true;
  const wrapped: Kill = function (this: unknown, pid, signal) {
    const sent = Reflect.apply<unknown, [number, (string | number)?], true>(kill, this, [
      pid,
      signal,
    ]);
    const name = active && reachesThisProcess(pid) ? nameOf(signal) : undefined;
    if (name) listener(name);
    return sent;
  };
  process.kill = wrapped;
  return () => {
    active = false;
    if (process.kill === wrapped) process.kill = kill;
  };
}

/** 0 is the process group of the caller, kill(2). */
function reachesThisProcess(pid: number): boolean {
  return pid === process.pid || pid === 0;
}

/** Undefined for 0, which only asks whether the process is there. */
function nameOf(signal: string | number = 'SIGTERM'): NodeJS.Signals | undefined {
  if (typeof signal === 'string') return signal as NodeJS.Signals;
  const names = Object.keys(constants.signals) as NodeJS.Signals[];
  return names.find((name) => constants.signals[name] === signal);
}
