/** How many frames are looked at: between a caller and a method there may be some of Node's own. */
const MOST_FRAMES = 10;

type AnyFunction = (...args: never[]) => unknown;

/**
 * Whether a library called a method that is running now, and not the application's own code. A library that closes a pool
 * of its own waits for that, and may let others wait for it: Prisma connects again when it has disconnected.
 */
export function isCalledByLibrary(method: AnyFunction): boolean {
  const { stackTraceLimit } = Error;
  const here: { stack?: string } = {};
  try {
    Error.stackTraceLimit = MOST_FRAMES;
    Error.captureStackTrace(here, method);
    const frames = String(here.stack).split('\n').slice(1);
    const caller = frames.find((frame) => !/[( ](?:node:|native\b|<anonymous>)/.test(frame));
    return caller !== undefined && /[\\/]node_modules[\\/]/.test(caller);
  } catch {
    return true; // it can't be told
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
