import { get } from 'node:http';
import type { Route } from '../entry/job.js';

/** What is asked for, and what the application answers when nothing is wrong. */
export interface RestingRoute {
  readonly path: string;
  readonly status: number;
}

/** So many routes are asked for in a rehearsal, and each that takes longer than this, in milliseconds, is none of them. */
const MOST_ROUTES = 20;
const LONGEST_MS = 2_000;

/** Of a path with a parameter or a wildcard nobody knows what to put there. */
const OPEN = /[:*{}()+?]/;

/**
 * The GET routes that answer at rest, twice the same and in time. Event streams never end, and a route that fails when
 * nothing is wrong proves nothing; a refusal (401, 404) is an answer that is to stay the same.
 */
export async function restingRoutes(
  port: number,
  { routes, paths }: { readonly routes: readonly Route[]; readonly paths: readonly string[] },
): Promise<RestingRoute[]> {
  const own = routes.map(({ path }) => path).filter((path) => !OPEN.test(path));
  const candidates = paths.length > 0 ? paths : [...new Set(own)].slice(0, MOST_ROUTES);
  const found: RestingRoute[] = [];
  for (const path of candidates) {
    const [first, second] = [await statusOf(port, path), await statusOf(port, path)];
    if (first !== undefined && first === second && first < 500) found.push({ path, status: first });
  }
  const good = found.filter(({ status }) => status < 400);
  if (good.length > 0) return good;
  if (found.length > 0) return found;
  const status = await statusOf(port, '/');
  return status === undefined ? [] : [{ path: '/', status }];
}

/** Undefined for no answer, for one that takes too long, and for one that never ends. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        asking.destroy();
        resolve(undefined);
        return;
      }
      response.resume();
      response.once('end', () => resolve(response.statusCode));
      response.once('error', () => resolve(undefined));
    });
    asking.setTimeout(LONGEST_MS, () => asking.destroy(new Error('too long')));
    asking.once('error', () => resolve(undefined));
  });
}
