import { UsageError } from '../usage-error.js';

/** A string, a comment, or a comma that nothing follows. */
const TOKEN = /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\/|,(?=\s*[}\]])/g;

/**
 * JSON with comments and trailing commas, as the Nest CLI and TypeScript read their configurations.
 *
 * @param file for the message
 * @throws {UsageError} when it is not that
 */
export function readJsonc(file: string, text: string): unknown {
  const keepStrings = (source: string) =>
    source.replaceAll(TOKEN, (_match, string: string | undefined) => string ?? '');
  try {
    // Twice: a comma may be followed by a comment.
    return JSON.parse(keepStrings(keepStrings(text.replace(/^\uFEFF/, ''))));
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
  }
}
