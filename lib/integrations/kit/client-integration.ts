import type { Integration, IntegrationHost, WorkSource } from '../../engine/integration.js';
import { heldShape, nameIn, onHeld } from './held.js';

/** What an integration knows of the clients of one library. */
export interface ClientKind<Client extends object> {
  /** Of the library, and of the integration. */
  readonly name: string;
  /** Names of which it has one, and few other objects: see `heldShape()`. */
  readonly signs: readonly string[];
  /** Whether an object is such a client, by its exact shape. */
  readonly isClient: (object: object) => object is Client;
  /** `name` is that of the library, with the class that has the client: `p-queue of Mailer`. */
  readonly sourceOf: (client: Client, host: IntegrationHost, name: string) => WorkSource;
}

/**
 * An integration for a client that a team uses in providers of its own. It looks before the first init hook, for what a
 * constructor makes, and again whenever the host says so, for what a later hook makes.
 */
export function clientIntegration<Client extends object>({
  name,
  signs,
  isClient,
  sourceOf,
}: ClientKind<Client>): Integration {
  const shape = heldShape(signs, isClient);
  return {
    name,
    early: true,
    attach(host) {
      onHeld(host, shape, (client, holder) =>
        host.add(sourceOf(client, host, nameIn(name, client, holder))),
      );
    },
  };
}
