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
