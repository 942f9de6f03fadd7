/** How long the load balancers are waited for, in milliseconds. */
export interface Propagation {
  readonly floorMs: number;
  readonly quietMs: number;
  readonly capMs: number;
}

export const NO_WAIT: Propagation = { floorMs: 0, quietMs: 0, capMs: 0 };

/** At most so many milliseconds, and at most this part of the grace period. */
type Part = readonly [mostMs: number, part: number];

/** A wait that shrinks with a grace period that is set shorter. `cap` is the part of it that is the longest wait. */
export function wait(of: { readonly floor?: Part; readonly quiet: Part; readonly cap: number }) {
  return (gracePeriodMs: number): Propagation => {
    const within = ([mostMs, part]: Part) => Math.min(mostMs, gracePeriodMs / part);
    return {
      floorMs: of.floor ? within(of.floor) : 0,
      quietMs: within(of.quiet),
      capMs: gracePeriodMs / of.cap,
    };
  };
}
