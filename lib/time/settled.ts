/** Waits for what may never come: until it has settled, in either way, or the abort. */
export function settled(promise: PromiseLike<unknown> | undefined, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    if (signal.aborted) return end();
    signal.addEventListener('abort', end);
    Promise.resolve(promise).then(end, end);
  });
}

/** As `promise.finally(end)`, for an `end` that returns nothing and does not throw: with one promise instead of four. */
export function endedBy<T>(promise: Promise<T>, end: () => void): Promise<T> {
  return promise.then(
    (value) => {
      end();
      return value;
    },
    (error: unknown) => {
      end();
      throw error;
    },
  );
}
