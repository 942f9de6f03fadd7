import { GracefulError } from '../../errors/graceful.error.js';

/** A staged shutdown can't go on: what is waited for, and what to do. From `nestjs-graceful/testing`. */
export class StageError extends GracefulError {
  static readonly code = 'GRACEFUL_STAGE';
  readonly code = StageError.code;
}

/** A staged shutdown was not as expected: what was expected, and what came. From `nestjs-graceful/testing`. */
export class ExpectationError extends GracefulError {
  static readonly code = 'GRACEFUL_EXPECTATION';
  readonly code = ExpectationError.code;
}
