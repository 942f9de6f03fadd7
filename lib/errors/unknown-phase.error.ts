import { describeValue } from './describe-value.js';
import { GracefulError } from './graceful.error.js';
import { nearest } from './nearest.js';

/** A task names a phase that does not exist. */
export class UnknownPhaseError extends GracefulError {
  static readonly code = 'GRACEFUL_UNKNOWN_PHASE';
  readonly code = UnknownPhaseError.code;

  constructor(
    readonly phase: unknown,
    place: string,
    known: readonly string[],
  ) {
    const near = typeof phase === 'string' ? nearest(phase, known) : undefined;
    const guess = near === undefined ? '' : `Did you mean '${near}'? `;
    super(
      `${place} names the phase ${describeValue(phase)}, which does not exist. ${guess}Use one of: ${known.join(', ')}.`,
    );
  }
}
