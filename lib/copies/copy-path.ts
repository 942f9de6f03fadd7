import { fileURLToPath } from 'node:url';

/** This file, or the one that it is bundled into. In the bundle of an application it is called otherwise, and stays. */
const OWN_FILE =
  /(?<=[\\/]dist([\\/]cjs)?)[\\/](index|shared)\.js$|[\\/]copies[\\/]copy-path\.[jt]s$/;

/**
 * Where this copy of the package was loaded from, such as `/app/node_modules/nestjs-graceful/dist`, for messages. Read
 * from the stack, because `import.meta` does not exist in the CommonJS build, and `__filename` only there.
 */
export const copyPath: string = ownPath() ?? 'an unknown place';

function ownPath(): string | undefined {
  const before: unknown = Reflect.get(Error, 'prepareStackTrace');
  try {
    // Not the text of the stack: with source maps it names the sources, which all copies have in common.
    Error.prepareStackTrace = (_error, [top]) => top?.getFileName();
    const file: unknown = new Error().stack;
    if (typeof file !== 'string') return undefined;
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    return path.replace(OWN_FILE, '');
  } catch {
    return undefined; // frozen, or another engine than V8
  } finally {
    Reflect.set(Error, 'prepareStackTrace', before);
  }
}
