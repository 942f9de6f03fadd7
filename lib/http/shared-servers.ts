/** The applications that follow a server, of all in this process. */
const followers = new WeakMap<object, Set<SharedServers>>();

/**
 * The servers that an application shares with others in its process: one server may lead to several applications, by host
 * or one after the other, and must not stop listening for the first that goes.
 */
export class SharedServers {
  private finishing = false;

  join(server: object): void {
    followers.set(server, (followers.get(server) ?? new Set()).add(this));
  }

  leave(server: object): void {
    followers.get(server)?.delete(this);
  }

  /** This application goes, and needs none of them. */
  finish(): void {
    this.finishing = true;
  }

  /** Whether an application needs a server that is not going. */
  isNeeded(server: object): boolean {
    return [...(followers.get(server) ?? [])].some(({ finishing }) => !finishing);
  }
}
