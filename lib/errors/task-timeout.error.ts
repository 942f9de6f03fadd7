import { GracefulError } from './graceful.error.js';

/** The reason a task's `AbortSignal` aborts with: its own time, or its phase's, is over. */
export class TaskTimeoutError extends GracefulError {
  static readonly code = 'GRACEFUL_TASK_TIMEOUT';
  readonly code = TaskTimeoutError.code;

  constructor(
    readonly task: string,
    readonly phase: string,
    readonly timeoutMs: number,
  ) {
    super(
      `${task} did not finish within its ${timeoutMs} ms in phase '${phase}'. ` +
        `Give it more time, or make it stop on its AbortSignal; a promise that never settles is the usual cause.`,
    );
  }
}
