import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the condition holds: for what has no event to wait for. Fails by name after a while. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 12_000; // below Jest's own 20 s, so that the failure has a name
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still waiting for ${what}`);
    await sleep(1);
  }
}
