const OWN_SERVER = Symbol.for('nestjs-graceful:own-server');

/** By this the application's log, and this package, know a request that the application has sent to itself. */
export const WARM_UP_AGENT = 'nestjs-graceful-warm-up';

/** Marks a server that this package, in whichever copy, has made for itself: it is none of the application's. */
export function markOwnServer(server: object): void {
  Object.defineProperty(server, OWN_SERVER, { value: true });
}

export function isOwnServer(server: object): boolean {
  return Reflect.get(server, OWN_SERVER) === true;
}
