import type { HttpAdapterHost } from '@nestjs/core';

type Adapter = NonNullable<HttpAdapterHost['httpAdapter']>;

interface ExpressLayer {
  route?: { path?: unknown; methods?: Record<string, boolean> };
}

/** Those of the paths that the application answers itself on GET. Complete once Nest has registered its routes. */
export function registeredPaths(adapter: Adapter, paths: readonly string[]): Set<string> {
  const instance = adapter.getInstance<object>();
  const taken =
    adapter.getType() === 'fastify'
      ? (path: string) => hasFastifyRoute(instance, path)
      : (path: string) => hasExpressRoute(instance, path);
  return new Set(paths.filter(taken));
}

function hasFastifyRoute(instance: object, url: string): boolean {
  const { hasRoute } = instance as {
    hasRoute?: (route: { method: string; url: string }) => boolean;
  };
  return hasRoute?.call(instance, { method: 'GET', url }) ?? false;
}

/** Express 5 keeps its routes in `app.router.stack`; it has no question for them. */
function hasExpressRoute(instance: object, path: string): boolean {
  const stack = (instance as { router?: { stack?: ExpressLayer[] } }).router?.stack ?? [];
  return stack.some(({ route }) => {
    const paths = Array.isArray(route?.path) ? (route.path as unknown[]) : [route?.path];
    return paths.includes(path) && (route?.methods?.['get'] ?? route?.methods?.['_all'] ?? false);
  });
}
