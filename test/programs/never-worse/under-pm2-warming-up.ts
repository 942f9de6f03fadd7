import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from './pair.js';

await import('./under-pm2.js');
await sleep(1_500); // fills its caches
tell('warm');
process.send?.('ready');
