import type { AddressInfo } from 'node:net';
import type { FactoryMethod, Route } from './job.js';
import { replaceMethod } from './replace-method.js';
import { tell } from './tell.js';

interface Adapter {
  get(path: unknown, ...rest: unknown[]): unknown;
}

interface Application {
  getHttpAdapter(): Adapter;
  getHttpServer(): { address(): AddressInfo | string | null };
}

/** Lets the application serve, and tells where, and which routes it has. */
export class ServeJob {
  created(application: object, method: FactoryMethod): object {
    if (method === 'create') this.follow(application as Application);
    return application;
  }

  private follow(application: Application): void {
    const routes = routesOf(application.getHttpAdapter());
    replaceMethod(application, 'listen', (listen) => async (...args) => {
      const server = await listen(...args);
      const address = application.getHttpServer().address();
      if (address !== null && typeof address === 'object') {
        tell({ event: 'serving', port: address.port, routes });
      }
      return server;
    });
  }
}

/** Nest asks its adapter for each route by its path, global prefix and all (core 11 and 12, router-explorer.js). */
function routesOf(adapter: Adapter): Route[] {
  const routes: Route[] = [];
  const get = adapter.get.bind(adapter);
  adapter.get = (path, ...rest) => {
    if (typeof path === 'string') routes.push({ method: 'GET', path });
    return get(path, ...rest);
  };
  return routes;
}
