/**
 * The promise of a call that is held. It tells when somebody begins to wait for it: `await`, `Promise.all()` and a hook
 * that returns it all call `then`, which they would not on a promise of the plain class.
 */
export class HeldResult extends Promise<unknown> {
  /** What follows is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of(result: Promise<unknown>, awaited: () => void): HeldResult {
    const held = new HeldResult((resolve, reject) => {
      result.then(resolve, reject);
    });
    // A rejection that nobody waits for would end the process.
    void Promise.prototype.then.call(held, undefined, () => undefined);
    held.awaited = awaited;
    return held;
  }

  private awaited?: () => void;

  // oxlint-disable-next-line unicorn/no-thenable -- to be told of an `await` is what it is for
  override then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited?.();
    return super.then(fulfilled, rejected);
  }
}
