import { GracefulError } from '../errors/graceful.error.js';

/** A source of work does not keep what every source promises; from the contract suite of `nestjs-graceful/testing`. */
export class ContractViolationError extends GracefulError {
  static readonly code = 'GRACEFUL_CONTRACT_VIOLATION';
  readonly code = ContractViolationError.code;
}
