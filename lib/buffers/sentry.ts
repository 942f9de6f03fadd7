import { hasMethods } from '../integrations/kit/shape.js';
import type { BufferedOutput } from './buffer.js';

/** What each version of `@sentry/core` from 8 on keeps under its number in `globalThis.__SENTRY__` (`carrier.js`). */
interface Carrier {
  readonly acs?: { getCurrentScope?(): Scope };
  readonly defaultCurrentScope?: Scope;
}

interface Scope {
  getClient?(): unknown;
}

interface Client {
  /** Whether everything was sent in so many milliseconds. */
  flush(timeoutMs: number): PromiseLike<boolean>;
}

/** The events, sessions and spans of the client that is registered now. Not `close()`: others may still report. */
export function sentry(): BufferedOutput[] {
  const versions = (Reflect.get(globalThis, '__SENTRY__') as object | undefined) ?? {};
  const clients = new Set(Object.values(versions).flatMap((carrier: Carrier) => clientOf(carrier)));
  return [...clients].map((client) => ({
    name: 'Sentry',
    async flush(timeoutMs) {
      if (!(await client.flush(timeoutMs))) throw new Error('not everything was sent in time');
    },
  }));
}

function clientOf({ acs, defaultCurrentScope }: Carrier): Client[] {
  const client = (acs?.getCurrentScope?.() ?? defaultCurrentScope)?.getClient?.();
  return hasMethods(client, 'flush', 'captureEvent') ? [client as Client] : [];
}
