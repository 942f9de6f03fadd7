import { setRequestGate, type RequestGate } from '../../http/request-gate.js';
import { makePortsBy, type Ports } from '../../process/ports.js';
import { StagedClock } from './staged-clock.js';
import { StagedProcess } from './staged-process.js';

/** Time and process of an application that can be staged. */
export interface StagedPorts extends Ports {
  readonly clock: StagedClock;
  readonly port: StagedProcess;
}

/** Looks at each request of a staged application; true when it hands the request on itself. */
export type StagedGate = (...request: Parameters<RequestGate>) => boolean;

const gates = new Set<StagedGate>();
let nextEnv: NodeJS.ProcessEnv | undefined;

/** Each application that is created from now on can be staged. Until it is, it has real time and the real process. */
export function makeStageable(): void {
  makePortsBy(() => ({ clock: new StagedClock(), port: new StagedProcess(nextEnv) }));
  setRequestGate((...request) => {
    if (![...gates].some((gate) => gate(...request))) request[2]();
  });
}

/** Returns the undo. */
export function addGate(gate: StagedGate): () => void {
  gates.add(gate);
  return () => void gates.delete(gate);
}

/** Creates an application whose module sees another environment than the process has. */
export async function withEnvironment<T>(env: NodeJS.ProcessEnv, create: () => Promise<T>) {
  nextEnv = env;
  try {
    return await create();
  } finally {
    nextEnv = undefined;
  }
}

export function isStageable(ports: Ports): ports is StagedPorts {
  return ports.clock instanceof StagedClock && ports.port instanceof StagedProcess;
}
