import { describeValue } from './describe-value.js';
import { GracefulError } from './graceful.error.js';

/** An option of `forRoot()` or an environment variable holds something else than it must. */
export class InvalidOptionError extends GracefulError {
  static readonly code = 'GRACEFUL_INVALID_OPTION';
  readonly code = InvalidOptionError.code;

  constructor(
    /** The option or environment variable. */
    readonly option: string,
    expected: string,
    received: unknown,
    remedy: string,
  ) {
    super(`Expected \`${option}\` to be ${expected}, got ${describeValue(received)}. ${remedy}`);
  }
}
