import { GracefulError } from './graceful.error.js';

/** `GracefulModule` was registered more than once in one application. */
export class DuplicateModuleError extends GracefulError {
  readonly code = 'GRACEFUL_DUPLICATE_MODULE';

  constructor(
    count: number,
    /** The modules whose `imports` name it. */
    readonly importers: readonly string[],
  ) {
    super(
      `GracefulModule is registered ${count} times (in ${importers.join(', ')}), but one application has one shutdown. ` +
        `Keep the one in AppModule; it is global, so the other modules need no import.`,
    );
  }
}
