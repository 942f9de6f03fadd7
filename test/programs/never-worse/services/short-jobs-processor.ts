import { setTimeout as sleep } from 'node:timers/promises';

/** Runs in a process of BullMQ's own. */
export default async (): Promise<void> => {
  process.stdout.write('{"event":"job"}\n');
  await sleep(200);
};
