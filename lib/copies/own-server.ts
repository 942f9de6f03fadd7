const OWN_SERVER = Symbol.for('nestjs-graceful:own-server');

/** Marks a server that this package, in whichever copy, has made for itself: it is none of the application's. */
export function markOwnServer(server: object): void {
  Object.defineProperty(server, OWN_SERVER, { value: true });
}

export function isOwnServer(server: object): boolean {
  return Reflect.get(server, OWN_SERVER) === true;
}
