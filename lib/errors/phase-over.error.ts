import { GracefulError } from './graceful.error.js';

/** A task was added to a phase that has already started, so it would never run. */
export class PhaseOverError extends GracefulError {
  static readonly code = 'GRACEFUL_PHASE_OVER';
  readonly code = PhaseOverError.code;

  constructor(phase: string, task: string) {
    super(
      `The task ${task} came too late: phase '${phase}' of the running shutdown has already started. Add it before the shutdown, or to a later phase.`,
    );
  }
}
