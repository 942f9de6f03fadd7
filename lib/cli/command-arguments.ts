import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What is asked of Node: options of a sub-command, and anything beside them. */
interface Config<Known extends Options> {
  readonly args: string[];
  readonly options: Known;
  readonly allowPositionals: true;
}

/**
 * The options and positionals of a sub-command.
 *
 * @throws {UsageError} when there is an option that it does not have, or one without its value
 */
export function commandArguments<const Known extends Options>(
  args: readonly string[],
  options: Known,
): ReturnType<typeof parseArgs<Config<Known>>> {
  try {
    return parseArgs<Config<Known>>({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
