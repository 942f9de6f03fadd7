import { createInterface } from 'node:readline';
import { Deployment } from './deployment.js';

/** As on a server, and long enough to watch plain Nest wait for SIGKILL. */
const GRACE_MS = 5_000;

/** For a browser: each Enter replaces the instance. `--plain` does so without the module. */
export async function watch(): Promise<void> {
  const deployment = new Deployment(process.argv.includes('--plain') ? 'off' : 'on', GRACE_MS);
  console.log(`Open ${await deployment.start()} in a browser.`);
  console.log('Enter replaces the instance, Ctrl-D ends it all.');
  for await (const _ of createInterface({ input: process.stdin })) {
    const { old, successor, end, seconds } = await deployment.roll();
    console.log(`${successor} is up, ${old.name} ended: ${end}, ${seconds.toFixed(1)} s`);
  }
  await deployment.stop();
}
