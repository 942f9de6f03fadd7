import { GracefulError } from './graceful.error.js';

/** The reason that `Graceful.deadlineSignal` aborts with. */
export class DrainOverError extends GracefulError {
  static readonly code = 'GRACEFUL_DRAIN_OVER';
  readonly code = DrainOverError.code;

  constructor() {
    super(
      'The time for work in flight is over. Keep what is left of it where the next process finds it, and stop.',
    );
  }
}
