import { findClients } from '../connections/find-clients.js';
import type { NestContainer } from '../nest/nest-container.js';

/** Those of Terminus that never leave the machine; bundlers add a number to a name that is there twice. */
const LOCAL_INDICATOR = /^(Memory|Disk)HealthIndicator\d*$/;

/**
 * The names of what an object reaches, by its injections, that answers from outside of the process: clients of databases
 * and the like, and Terminus' indicators.
 */
export function reachOf(owner: object, nest: NestContainer): string[] {
  const known = nest.infrastructure();
  const made = nest.graph().madeFrom(owner);
  const nameOf = (root: object) => made.find(({ object }) => object === root)?.name ?? '';
  const indicators = made.filter(isIndicator);
  const others = made.filter((one) => !isIndicator(one)).map(({ object }) => object);
  const clients = findClients(others, { known, nameOf });
  return [...new Set([...indicators, ...clients].map(({ name }) => name))];
}

/** By its methods: `pingCheck` of most, `check` of gRPC's, `responseCheck` beside it of HTTP's. */
function isIndicator({
  object,
  name,
}: {
  readonly object: object;
  readonly name: string;
}): boolean {
  const { pingCheck, checkService } = object as Record<string, unknown>;
  const asks = typeof pingCheck === 'function' || typeof checkService === 'function';
  return asks && !LOCAL_INDICATOR.test(name);
}
