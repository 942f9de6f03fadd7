import { GracefulError } from './graceful.error.js';

/** A client was to be closed, and somebody did not give back what it had lent. */
export class ConnectionInUseError extends GracefulError {
  readonly code = 'GRACEFUL_CONNECTION_IN_USE';

  constructor(
    /** Such as `Database.pool`. */
    readonly client: string,
    /** Such as `1 of 1 connections is checked out`. */
    readonly inUse: string,
  ) {
    super(
      `${client} could not be closed: ${inUse}, and nothing happens on it. ` +
        `Give it back (client.release(), queryRunner.release()) before you close the pool.`,
    );
  }
}
