import { GracefulError } from './graceful.error.js';

/** `GracefulModule` was registered more than once in one application. */
export class DuplicateModuleError extends GracefulError {
  static readonly code = 'GRACEFUL_DUPLICATE_MODULE';
  readonly code = DuplicateModuleError.code;

  constructor(
    count: number,
    /** The modules whose `imports` name it. */
    readonly importers: readonly string[],
    /** The files of the copies of this package that take part; more than one when several are installed. */
    readonly copies: readonly string[] = [],
  ) {
    const places = copies.length > 1 ? `, by ${copies.length} copies of nestjs-graceful` : '';
    super(
      `GracefulModule is registered ${count} times (in ${importers.join(', ')}${places}), but one application has one shutdown. ` +
        `Keep the one in AppModule; it is global, so the other modules need no import.${advice(copies)}`,
    );
  }
}

function advice(copies: readonly string[]): string {
  if (copies.length < 2) return '';
  return ` The copies are ${copies.join(' and ')}; \`npm ls nestjs-graceful\` says who brings them. One is enough.`;
}
