import { GracefulError } from './graceful.error.js';

/** The reason that `Graceful.signal` aborts with. */
export class ShuttingDownError extends GracefulError {
  static readonly code = 'GRACEFUL_SHUTTING_DOWN';
  readonly code = ShuttingDownError.code;

  constructor(
    /** Why, such as `SIGTERM`. */
    reason: string,
  ) {
    super(
      `The application is shutting down (${reason}). Finish what you are doing and take nothing new.`,
    );
  }
}
