import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from './pair.js';

export async function warmUp(): Promise<void> {
  await sleep(1_500); // fills its caches
  tell('warm');
  process.send?.('ready');
}
