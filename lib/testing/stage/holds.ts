import { deferred } from '../../time/waits.js';

/** Something that a test keeps from ending: time may go on meanwhile. Released when it goes out of scope by `using`. */
export interface StagedHold extends Disposable {
  readonly name: string;
  /** Resolves when it is released: for the code of a test's own providers to wait for. */
  readonly released: Promise<void>;
  release(): void;
}

/** What the test holds: work and tasks by their names, requests one by one. */
export class Holds {
  private readonly names = new Map<string, number>();
  private readonly responses = new Set<object>();

  hold(name: string): StagedHold {
    this.names.set(name, (this.names.get(name) ?? 0) + 1);
    let held = true;
    const { promise: released, resolve } = deferred();
    const release = () => {
      if (!held) return;
      held = false;
      resolve();
      const left = (this.names.get(name) ?? 1) - 1;
      if (left === 0) this.names.delete(name);
      else this.names.set(name, left);
    };
    return { name, released, release, [Symbol.dispose]: release };
  }

  holdResponse(response: object): void {
    this.responses.add(response);
  }

  releaseResponse(response: object): void {
    this.responses.delete(response);
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  hasResponse(response: object): boolean {
    return this.responses.has(response);
  }

  get all(): string[] {
    const { size } = this.responses;
    const requests = size === 0 ? [] : [`${size} held ${size === 1 ? 'request' : 'requests'}`];
    return [...this.names.keys(), ...requests];
  }
}
