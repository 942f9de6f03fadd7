/**
 * Where work is not followed, as on Node 20 and 22 unless somebody may ask: whether a call comes out of work is read off
 * its stack, to which V8 adds who awaits it. That costs each piece of work one `await`.
 */
const NAME = 'workThatIsWaitedFor';
/** Deeper than functions await one another. */
const MOST_FRAMES = 200;

/** Named by a key, which a bundler does not shorten. */
const { [NAME]: passOn } = {
  async [NAME](result: unknown): Promise<unknown> {
    return await result;
  },
};

let depth = 0;

/** Calls code of a piece of work; a promise that it returns is passed on. */
export function runUnfollowed<T>(call: () => T): T {
  depth += 1;
  let result: T;
  try {
    result = call();
  } finally {
    depth -= 1;
  }
  // A promise of another class has methods that its callers want, and a thenable begins when it is awaited.
  const isPlain = result instanceof Promise && result.constructor === Promise;
  return isPlain ? (passOn?.(result) as T) : result;
}

/** How many pieces of work the running code belongs to, one within the other, so far as they await it. */
export function unfollowedDepth(): number {
  return depth + awaitedBy(NAME);
}

/** How many functions of this name have called the running code, or await it. */
export function awaitedBy(name: string): number {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MOST_FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split(name).length - 1;
}
