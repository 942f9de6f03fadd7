import { GracefulError } from './graceful.error.js';
import { nearest } from './nearest.js';

/** `forRoot()` or a decorator was given a key that is no option, most often a typing mistake. */
export class UnknownOptionError extends GracefulError {
  static readonly code = 'GRACEFUL_UNKNOWN_OPTION';
  readonly code = UnknownOptionError.code;

  constructor(
    readonly option: string,
    known: readonly string[],
    owner = 'GracefulModule',
  ) {
    const near = nearest(option, known);
    const guess = near === undefined ? '' : `Did you mean \`${near}\`? `;
    super(
      `${owner} has no option \`${option}\`. ${guess}Remove it or use one of: ${known.join(', ')}.`,
    );
  }
}
