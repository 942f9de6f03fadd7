import { GracefulError } from './graceful.error.js';

/** Two phases have the same name. */
export class DuplicatePhaseError extends GracefulError {
  static readonly code = 'GRACEFUL_DUPLICATE_PHASE';
  readonly code = DuplicatePhaseError.code;

  constructor(readonly phase: string) {
    super(
      `There are two phases named '${phase}'. Give yours another name in \`phases\`; ` +
        `to change the time of a built-in phase, use its own option, such as \`flushTimeoutMs\`.`,
    );
  }
}
