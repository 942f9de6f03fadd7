import { describeValue } from './describe-value.js';
import { GracefulError } from './graceful.error.js';

/** A `before`, an `after` or an entry of `order` names something that is not in the application. */
export class UnknownOrderTargetError extends GracefulError {
  static readonly code = 'GRACEFUL_UNKNOWN_ORDER_TARGET';
  readonly code = UnknownOrderTargetError.code;

  constructor(
    readonly target: unknown,
    place: string,
    known: readonly string[],
  ) {
    const list = known.length > 0 ? known.join(', ') : 'nothing has a task at shutdown';
    super(
      `${place} names ${describeValue(target)}, which is no provider, token or task of this application. ` +
        `Name a class, a token or one of the tasks: ${list}.`,
    );
  }
}
