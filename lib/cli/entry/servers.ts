import { Server, type AddressInfo } from 'node:net';

type Listen = (this: Server, ...args: unknown[]) => Server;

/** Ports that were given out, which may be asked for again: one server for each address of `localhost`. */
const given = new Set<number>();

/**
 * Gives every server a free port instead of the one that it asks for, so that applications run side by side whose port is
 * written in their code. Tells of each that listens: the port that it wanted, and the one it has.
 */
export function giveFreePorts(listening: (wanted: number, port: number) => void): void {
  const prototype = Server.prototype as { listen: Listen };
  const { listen } = prototype;
  prototype.listen = function (first, ...rest) {
    const wanted = portOf(first);
    if (wanted === undefined || given.has(wanted)) return listen.call(this, first, ...rest);
    this.once('listening', () => {
      const { port } = this.address() as AddressInfo;
      given.add(port);
      listening(wanted, port);
    });
    const free = typeof first === 'object' ? { ...first, port: 0 } : 0;
    return listen.call(this, free, ...rest);
  };
}

/** Calls back when any server is about to listen. */
export function beforeListening(call: () => void): void {
  const prototype = Server.prototype as { listen: Listen };
  const { listen } = prototype;
  prototype.listen = function (...args) {
    call();
    return listen.apply(this, args);
  };
}

/** Of `listen(3000)`, `listen('3000')` and `listen({ port: 3000 })`; undefined for a path or a handle. */
export function portOf(first: unknown): number | undefined {
  if (typeof first === 'object' && first !== null) {
    const { port } = first as { port?: unknown };
    return port === undefined || port === null ? undefined : Number(port);
  }
  if (typeof first !== 'number' && typeof first !== 'string') return undefined;
  return Number.isInteger(Number(first)) ? Number(first) : undefined;
}
