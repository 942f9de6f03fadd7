/** How far an application is with its end. */
type Stage = 'serving' | 'leaving' | 'finishing';

/** The applications that follow a server, of all in this process. */
const followers = new WeakMap<object, Set<SharedServers>>();

/**
 * The servers that an application shares with others in its process. One server may lead to several applications, by host
 * or one after the other: it must not stop listening for the first that goes, and clients need not leave.
 */
export class SharedServers {
  stage: Stage = 'serving';

  join(server: object): void {
    followers.set(server, (followers.get(server) ?? new Set()).add(this));
  }

  leave(server: object): void {
    followers.get(server)?.delete(this);
  }

  /** Whether another application serves on it, and is not about to end. */
  isServing(server: object): boolean {
    return this.others(server).some(({ stage }) => stage === 'serving');
  }

  /** Whether another application needs that it listens. */
  isNeeded(server: object): boolean {
    return this.others(server).some(({ stage }) => stage !== 'finishing');
  }

  private others(server: object): SharedServers[] {
    return [...(followers.get(server) ?? [])].filter((one) => one !== this);
  }
}
