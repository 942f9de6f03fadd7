import type { RouteMatch, RouteQuestion } from './route-match.js';

type Handler = (...args: never[]) => unknown;

interface ExpressRoute {
  readonly path?: unknown;
  readonly methods?: Readonly<Record<string, boolean>>;
  readonly stack?: ReadonlyArray<{ readonly handle: Handler }>;
}

interface ExpressLayer {
  readonly handle: Handler & { readonly stack?: readonly ExpressLayer[] };
  readonly route?: ExpressRoute;
  /** Mounted at `/`, so it sees every request. */
  readonly slash?: boolean;
  /** What it matched; router up to 2.2 keeps it here, and 2.3 returns it. */
  readonly path?: string;
  match(path: string): boolean | { readonly path: string };
}

/** Where the search is: at the top, or in a router that is mounted somewhere. */
interface Place {
  readonly base: string;
  /** Only requests for some paths come here. */
  readonly specific: boolean;
  /** A path that nobody has; whatever matches it, too, is for all requests. Unknown below the top. */
  readonly elsewhere?: string;
}

/** What Nest has registered, which Express can't tell from what the application has. */
export interface NestHandlers {
  /** Middleware of a module's `configure(consumer)`; by method it is a route to Express. */
  readonly middleware: WeakSet<object>;
  /** Answers 404. */
  readonly notFound: WeakSet<object>;
}

/**
 * What in an Express application may answer a request: a route, or middleware and applications that are mounted on a
 * path. Express 5 has no question for that, but its layers tell what they match (express 5 and router 2, `app.router.stack`).
 */
export function expressMatches(
  instance: object,
  { method, path, elsewhere }: RouteQuestion,
  nest: NestHandlers,
): RouteMatch[] {
  const { stack = [] } =
    (instance as { router?: { stack?: readonly ExpressLayer[] } }).router ?? {};
  const found: RouteMatch[] = [];
  search(stack, path, { base: '', specific: false, elsewhere });
  return found;

  function search(layers: readonly ExpressLayer[], rest: string, place: Place): void {
    for (const layer of layers) {
      const matched = matchOf(layer, rest);
      if (matched === undefined) continue;
      if (layer.route) routeFound(layer, layer.route, place);
      else if (layer.handle.length <= 3) mountFound(layer, matched, rest, place); // 4 handle errors
    }
  }

  function routeFound(layer: ExpressLayer, route: ExpressRoute, place: Place): void {
    if (!handles(route, method)) return;
    const handlers = route.stack?.map(({ handle }) => handle) ?? [];
    if (handlers.some((handler) => nest.notFound.has(handler))) return;
    const certain = !handlers.some((handler) => nest.middleware.has(handler));
    if (!certain && isEverywhere(layer, place)) return;
    const paths = (Array.isArray(route.path) ? route.path : [route.path]) as unknown[];
    const texts = paths.map((one) => `${place.base}${String(one)}`);
    found.push({ text: texts.join(', '), exact: texts.includes(path), certain });
  }

  function mountFound(layer: ExpressLayer, matched: string, rest: string, place: Place): void {
    const base = `${place.base}${matched}`;
    const specific = place.specific || !isEverywhere(layer, place);
    const { stack: inner } = layer.handle;
    if (inner) return search(inner, restOf(rest, matched), { base, specific });
    if (!specific && !isMountedApplication(layer)) return;
    found.push({ text: base === '' ? '/' : base, exact: false, certain: false });
  }
}

/**
 * Whether an Express application is mounted there, which can't be looked into (express 5, lib/application.js `use`). By
 * what the function says: its name is `mounted_app`, but bundlers rename functions, and not the members they use.
 */
function isMountedApplication({ handle }: ExpressLayer): boolean {
  const text = Function.prototype.toString.call(handle);
  return text.includes('Object.setPrototypeOf(') && text.includes('.handle(');
}

/** The part of the path that a layer takes for itself. */
function matchOf(layer: ExpressLayer, path: string): string | undefined {
  try {
    const match = layer.match(path);
    if (!match) return undefined;
    const matched = (match === true ? layer.path : match.path) ?? '';
    const next = path[matched.length];
    return layer.route || next === undefined || next === '/' || matched === ''
      ? matched
      : undefined;
  } catch {
    return undefined; // its own business, when a request comes
  }
}

function isEverywhere(layer: ExpressLayer, { elsewhere }: Place): boolean {
  return (
    layer.slash === true || (elsewhere !== undefined && matchOf(layer, elsewhere) !== undefined)
  );
}

function restOf(path: string, matched: string): string {
  const rest = path.slice(matched.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** GET answers HEAD as well. */
function handles({ methods = {} }: ExpressRoute, method: string): boolean {
  const name = method.toLowerCase();
  return Boolean(methods['_all'] ?? methods[name] ?? (name === 'head' && methods['get']));
}
