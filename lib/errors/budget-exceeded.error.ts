import { GracefulError } from './graceful.error.js';

/** The phases, one after the other, need more time than the grace period holds. */
export class BudgetExceededError extends GracefulError {
  static readonly code = 'GRACEFUL_BUDGET_EXCEEDED';
  readonly code = BudgetExceededError.code;

  /** What was added up, in order: name and milliseconds. */
  declare readonly parts: ReadonlyArray<readonly [name: string, ms: number]>;

  constructor(gracePeriodMs: number, parts: ReadonlyArray<readonly [name: string, ms: number]>) {
    const sum = parts.reduce((total, [, ms]) => total + ms, 0);
    const list = parts.map(([name, ms]) => `${name} ${ms}`).join(' + ');
    super(
      `A grace period of ${gracePeriodMs} ms can't hold this shutdown: ${list} = ${sum} ms. ` +
        `Lower one of them, or raise \`gracePeriodMs\` together with the platform's own grace period ` +
        `(terminationGracePeriodSeconds on Kubernetes).`,
    );
    // Node prints what can be enumerated under the stack, and the message has it already.
    Object.defineProperty(this, 'parts', { value: parts });
  }
}
