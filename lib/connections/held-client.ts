import type { FoundClient } from './find-clients.js';
import { lettingGo } from './hook-scope.js';
import { look } from './look.js';

type Call = (...args: unknown[]) => unknown;

/** A closing call. */
export interface ClosingCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** One closing method of a client, as it was. */
interface Original {
  readonly call: Call;
  /** What stands in front of it; undefined where that is on the prototype. */
  readonly ours?: Call;
  readonly before?: PropertyDescriptor;
}

/**
 * A client whose closing methods are replaced for a while, by own properties in front of them: knex' is read-only, and a
 * Prisma client is a Proxy, so that nothing but `defineProperty` works on all.
 */
export class HeldClient {
  private readonly originals = new Map<string, Original>();

  constructor(
    readonly found: FoundClient,
    private readonly called: (client: HeldClient, call: ClosingCall) => unknown,
  ) {}

  get name(): string {
    return this.found.name;
  }

  replace(): void {
    for (const name of this.found.shape.closings) {
      const call = look(this.found.client, name);
      if (typeof call === 'function') this.replaceOne(name, call as Call);
    }
  }

  /** One of its methods, for a client that is held by its class. */
  knows(name: string, call: Call): void {
    this.originals.set(name, { call });
  }

  /** Calls the client's own method. */
  close({ name, args }: ClosingCall): unknown {
    const original = this.originals.get(name);
    return lettingGo(() => original && Reflect.apply(original.call, this.found.client, args));
  }

  giveBack(): void {
    const { client } = this.found;
    for (const [name, { ours, before }] of this.originals) {
      try {
        if (!ours || look(client, name) !== ours) continue; // somebody else has put something there
        if (before) Object.defineProperty(client, name, before);
        else Reflect.deleteProperty(client, name);
      } catch {
        // frozen meanwhile
      }
    }
  }

  private replaceOne(name: string, call: Call): void {
    const { client } = this.found;
    const ours: Call = (...args) => this.called(this, { name, args });
    try {
      const before = Object.getOwnPropertyDescriptor(client, name);
      this.originals.set(name, { call, ours, before });
      Object.defineProperty(client, name, { value: ours, configurable: true, writable: true });
      if (look(client, name) !== ours) this.originals.delete(name); // a proxy that only said yes
    } catch {
      this.originals.delete(name); // frozen
    }
  }
}
