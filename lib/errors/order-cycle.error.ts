import { GracefulError } from './graceful.error.js';

/** An order was asked for that can't be: something would have to come before itself. */
export class OrderCycleError extends GracefulError {
  static readonly code = 'GRACEFUL_ORDER_CYCLE';
  readonly code = OrderCycleError.code;

  constructor(
    what: 'phases' | 'tasks',
    /** Each comes before the next; the first and the last are the same. */
    readonly cycle: readonly string[],
  ) {
    super(
      `The order of the ${what} is a circle: ${cycle.join(' -> ')} ("->" means "comes before"). ` +
        `Take out one of the \`before\`, \`after\` or phases that make it.`,
    );
  }
}
