import { describeValue } from './describe-value.js';
import { GracefulError } from './graceful.error.js';
import { nearest } from './nearest.js';

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
        `${guessOf(target, known)}Name a class, a token or one of the tasks: ${list}.`,
    );
  }
}

/** Names in quotes are those of tasks and tokens. The name of a class in quotes is meant for the class. */
function guessOf(target: unknown, known: readonly string[]): string {
  if (typeof target !== 'string') return '';
  const classes = [...new Set(known.map((task) => task.split(/[@.]/)[0]))];
  if (classes.includes(target)) return `Did you mean the class ${target}, without quotes? `;
  const near = nearest(target, [...known, ...classes]);
  return near === undefined ? '' : `Did you mean ${near}? `;
}
