type AnyFunction = (...args: never[]) => void;

/** Between a listener for `exit` and who called `process.exit()` there are some of Node's own frames. */
const FRAMES = 30;

/**
 * The file and line of who called `process.exit()`, such as `src/main.ts:12`. To be asked in a listener for `exit`, which
 * runs within that call; undefined when the process ends because nothing is left to do.
 *
 * @param listener that listener; the stack begins below it
 */
export function callerOfExit(listener: AnyFunction): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, listener);
  Error.stackTraceLimit = stackTraceLimit;
  const frames = String(holder.stack).split('\n').slice(1); // somebody's prepareStackTrace may give anything
  const exit = frames.findIndex((frame) =>
    /\bat (process\.)?(reallyE|e)xit \(node:internal\//.test(frame),
  );
  const place = exit < 0 ? undefined : /([^\s()]+:\d+):\d+\)?$/.exec(frames[exit + 1] ?? '')?.[1];
  return place?.replace(/^file:\/\//, '').replace(`${process.cwd()}/`, '');
}
