import { setTimeout as sleep } from 'node:timers/promises';

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}
