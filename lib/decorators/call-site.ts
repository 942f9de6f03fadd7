/**
 * The file and line where a decorator was written, such as `src/database.ts:12`. Undefined when the stack has another
 * form than V8's.
 *
 * @param decorator the function that the user has called; the stack begins below it
 */
export function callSite(decorator: (...args: never[]) => unknown): string | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, decorator);
  const place = /([^\s()]+:\d+):\d+\)?$/m.exec(holder.stack ?? '')?.[1];
  return place?.replace(/^file:\/\//, '').replace(`${process.cwd()}/`, '');
}
