import { shared } from '../copies/shared.js';
import type { Clock } from '../time/clock.js';
import { systemClock } from '../time/system-clock.js';
import { nodeProcess } from './node-process.js';
import type { ProcessPort } from './process-port.js';

/** What one application has for time and for its process. */
export interface Ports {
  readonly clock: Clock;
  readonly port: ProcessPort;
}

/** By all copies of this package: the test kit may come as an ES module, and the application as CommonJS. */
const kit = shared('ports:1', () => new Map<'make', () => Ports>());

/** The real ones, unless a test kit has been loaded. To be called once for each application. */
export function portsOfNext(): Ports {
  return kit.get('make')?.() ?? { clock: systemClock, port: nodeProcess };
}

/** From now on each application that is created gets what `make` makes. */
export function makePortsBy(make: () => Ports): void {
  kit.set('make', make);
}
