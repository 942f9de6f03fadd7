/**
 * Loaded into a replica before its program (`node --import`): prints the timeline of its shutdown. The application knows
 * nothing of it; the report comes over the channel that is there for tools.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ReportMessage } from 'nestjs-graceful';

subscribe('nestjs-graceful:report', (message) => {
  console.log(String((message as ReportMessage).report));
});
