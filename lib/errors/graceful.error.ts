/** Every failure this package raises on purpose: what happened, what to do, and a stable `code`. */
export abstract class GracefulError extends Error {
  /** Stable across releases; test for this, never for the message. */
  abstract readonly code: `GRACEFUL_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
