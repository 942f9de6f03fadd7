type Fulfilled<T, R> = ((value: T) => R | PromiseLike<R>) | null;
type Rejected<R> = ((reason: unknown) => R | PromiseLike<R>) | null;

/**
 * A promise that tells when code waits for it: by `await`, by being returned from an async function, or in `Promise.all()`.
 * A callback of `then()` may wait for it without holding anybody up, so what matters there is the promise that it gives.
 */
export class AwaitedPromise<T> extends Promise<T> {
  /** Those derived of it are made below; `finally()` and the like make plain ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  private onAwaited: () => void = () => undefined;

  /** The same outcome, told of. */
  static of<T>(promise: Promise<T>, onAwaited: () => void): AwaitedPromise<T> {
    const awaited = new AwaitedPromise<T>((resolve) => resolve(promise));
    awaited.onAwaited = onAwaited;
    return awaited;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- `await` calls it, which is how it is known
  override then<R = T, E = never>(
    fulfilled?: Fulfilled<T, R>,
    rejected?: Rejected<E>,
  ): Promise<R | E> {
    const derived = super.then(fulfilled, rejected);
    if (!isOfEngine(fulfilled) && !isOfEngine(rejected)) {
      return AwaitedPromise.of(derived, this.onAwaited);
    }
    this.onAwaited();
    return derived;
  }
}

/** The functions by which the engine settles who awaits: they have no source text. */
function isOfEngine(callback: unknown): boolean {
  return typeof callback === 'function' && /\[native code\]/.test(String(callback));
}
