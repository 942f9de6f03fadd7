import { GracefulError } from './graceful.error.js';

/** `GracefulModule` was imported as a bare class. */
export class MissingForRootError extends GracefulError {
  static readonly code = 'GRACEFUL_MISSING_FOR_ROOT';
  readonly code = MissingForRootError.code;

  constructor() {
    super(
      'GracefulModule was imported without forRoot(). Write GracefulModule.forRoot() in the imports of AppModule; every option has a default.',
    );
  }
}
