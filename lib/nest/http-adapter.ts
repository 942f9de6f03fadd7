import type { HttpAdapterHost } from '@nestjs/core';

/** Nest's adapter of Express or Fastify. */
export type Adapter = NonNullable<HttpAdapterHost['httpAdapter']>;

/**
 * Calls back when the application has its HTTP adapter: at once, or when it gets it, as in Nest's testing module. Core
 * 12 and the later ones of 11 tell of it (`init$`); 11.0.0 does not, so its host is watched. An application without HTTP
 * is given none, and `init$` tells of that as well.
 */
export function onHttpAdapter(host: HttpAdapterHost, found: (adapter: Adapter) => void): void {
  const callback = () => {
    const adapter = host.httpAdapter as Adapter | null | undefined;
    if (adapter) found(adapter);
  };
  const { init$ } = host as Partial<HttpAdapterHost>;
  if (init$) return void init$.subscribe(callback);
  if (host.httpAdapter) return callback();
  Object.defineProperty(host, 'httpAdapter', {
    configurable: true,
    get: () => undefined,
    set: (adapter: HttpAdapterHost['httpAdapter']) => {
      Reflect.deleteProperty(host, 'httpAdapter'); // from now on that of the class
      host.httpAdapter = adapter;
      callback();
    },
  });
}
