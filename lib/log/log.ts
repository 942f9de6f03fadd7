import type { ShutdownReport } from '../engine/record.js';
import type { Line } from './line.js';

/** The port to the application's log. No method throws: a logger that fails must not stop the shutdown it reports on. */
export abstract class Log {
  abstract say(line: Line): void;
  /** Says a line on stderr where logging is off: who does not see it looks for the fault in the wrong place. */
  abstract sayIfOff(line: Line): void;
  /** Says the line of a report; with the report itself beside it where the log is read by machines, or as wanted. */
  abstract sayWithReport(
    line: Line,
    report: ShutdownReport,
    format: 'auto' | 'line' | 'object',
  ): void;
  /** Hands on what `bufferLogs` still holds, which would be lost with the process. */
  abstract flush(): void;
}
