import type { ShutdownReason } from '../engine/reason.js';
import type { ProcessPort } from './process-port.js';

/** Whether somebody waits for the end: the code that has called `app.close()`, a person at the keyboard, or after an error. */
export function isAwaited(
  reason: ShutdownReason,
  { interactive }: Pick<ProcessPort, 'interactive'>,
): boolean {
  if (reason.kind === 'close' || reason.kind === 'fatal') return true;
  return reason.kind === 'signal' && reason.signal === 'SIGINT' && interactive;
}
