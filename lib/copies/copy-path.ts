import { fileURLToPath } from 'node:url';

/**
 * Where this copy of the package was loaded from, such as `/app/node_modules/nestjs-graceful/dist`, for messages. Read
 * from the stack, because `import.meta` does not exist in the CommonJS build, and `__filename` only there.
 */
export const copyPath: string = ownPath() ?? 'an unknown place';

function ownPath(): string | undefined {
  try {
    const { stack } = new Error();
    const place = /^\s*at (?:.*? \()?(.+?):\d+:\d+\)?$/m.exec(String(stack))?.[1];
    const file = place?.startsWith('file:') ? fileURLToPath(place) : place;
    return file?.replace(/[\\/]copies[\\/]copy-path\.[jt]s$/, '');
  } catch {
    return undefined; // a stack of another form than V8's
  }
}
