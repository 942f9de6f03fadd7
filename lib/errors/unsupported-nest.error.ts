import { GracefulError } from './graceful.error.js';

/** The application is on a major of Nest that this package does not support. */
export class UnsupportedNestError extends GracefulError {
  static readonly code = 'GRACEFUL_UNSUPPORTED_NEST';
  readonly code = UnsupportedNestError.code;

  constructor(
    /** The version of @nestjs/core, where it could be read. */
    readonly found: string | undefined,
    /** The lowest version that will do. */
    readonly needed: string,
  ) {
    super(
      `nestjs-graceful needs Nest ${needed} or newer, and this application is on ${found === undefined ? 'an older one' : `Nest ${found}`}. ` +
        `Raise @nestjs/core, @nestjs/common and the platform package together, or remove GracefulModule.`,
    );
  }
}
