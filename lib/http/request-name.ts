import type { IncomingMessage } from 'node:http';

/** The values of a request's route parameters, by their names. */
export type RouteParams = Readonly<Record<string, unknown>>;

/**
 * The name of a request for logs and reports: its method and route pattern, such as `GET /orders/:id`. Never a query,
 * and where the framework does not tell the pattern, nothing that looks like an identifier, or is a parameter's value.
 */
export function requestName(request: IncomingMessage, params?: RouteParams): string {
  const path = expressRoute(request) ?? maskedPath(request.url ?? '/', params);
  return `${request.method ?? '?'} ${path}`;
}

/** The same, with the parameters that somebody else is asked for. */
export function nameOf(
  request: IncomingMessage,
  { paramsOf }: { readonly paramsOf?: (request: IncomingMessage) => RouteParams | undefined },
): string {
  return requestName(request, paramsOf?.(request));
}

/**
 * What Fastify's router makes of a request. Fastify leaves nothing of the route on the raw request, and does not tell
 * patterns; asked for a URL, it tells the parameters (`findRoute`, found so in 5.11 and 5.12; else this is none).
 */
export function fastifyParams(
  instance: unknown,
  request: IncomingMessage,
): RouteParams | undefined {
  const fastify = instance as Partial<FastifyRouter> | undefined;
  if (typeof fastify?.findRoute !== 'function') return undefined;
  try {
    return fastify.findRoute({ method: request.method, url: request.url })?.params;
  } catch {
    return undefined; // a name is not worth an error
  }
}

interface FastifyRouter {
  findRoute(route: object): { params?: RouteParams } | null;
}

/** Express leaves the matched route on the request. */
function expressRoute(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as { route?: { path?: unknown }; baseUrl?: unknown };
  if (typeof route?.path !== 'string') return undefined;
  // `baseUrl` is where a router is mounted, with the values of its parameters.
  return `${typeof baseUrl === 'string' ? maskedPath(baseUrl) : ''}${route.path}`;
}

function maskedPath(url: string, params: RouteParams = {}): string {
  const path = url.split(/[?#]/, 1)[0] ?? '/';
  const names = new Map(Object.entries(params).map(([name, value]) => [value, name]));
  const segments = path.split('/').map((segment) => {
    const name = segment === '' ? undefined : names.get(decoded(segment));
    if (name !== undefined) return name === '*' ? '*' : `:${name}`;
    return looksLikeWord(segment) ? segment : ':id';
  });
  return segments.join('/').slice(0, 200);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Route words are letters, maybe with a version number; ids, tokens and addresses have digits or are long. */
function looksLikeWord(segment: string): boolean {
  return segment === '' || /^(v\d{1,3}|[A-Za-z][A-Za-z_.-]{0,31})$/.test(segment);
}
