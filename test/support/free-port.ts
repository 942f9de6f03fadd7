import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that a system gives to connections and to who listens on port 0, so that nobody gets it in between. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** A port that nobody listens on, for who has to be told one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      new Promise<boolean>((resolve) => server.once('error', () => resolve(false))),
    ]).catch(() => false);
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
