import { writeSync } from 'node:fs';
import { MESSAGE_FD, type Message } from './job.js';

/** Tells whoever has started the process. At once, for the process may end in the next moment. */
export function tell(message: Message): void {
  try {
    writeSync(MESSAGE_FD, `${JSON.stringify(message)}\n`);
  } catch {
    // Nobody listens any more: what the application does is not to change by that.
  }
}
