import type { RouteMatch, RouteQuestion } from './route-match.js';

interface RouteOptions {
  readonly method: string | readonly string[];
  readonly url: string;
}

interface Fastify {
  addHook(name: 'onRoute', hook: (route: RouteOptions) => void): void;
  hasRoute?(route: { method: string; url: string }): boolean;
}

interface KnownRoute {
  readonly methods: readonly string[];
  readonly url: string;
  readonly pattern: RegExp;
}

/**
 * What in a Fastify application may answer a request. Fastify tells of routes as they are registered, whatever their
 * constraints are, and of those that were there before, if asked for their text.
 */
export class FastifyRoutes {
  private readonly routes: KnownRoute[] = [];

  constructor(private readonly instance: object) {
    try {
      (instance as Fastify).addHook('onRoute', ({ method, url }) => {
        const methods = typeof method === 'string' ? [method] : method;
        this.routes.push({ methods, url, pattern: patternOf(url) });
      });
    } catch {
      // It has been started already, with all its routes.
    }
  }

  matches({ method, path, elsewhere }: RouteQuestion): RouteMatch[] {
    const registered = this.routes
      .filter(({ methods, pattern }) => handles(methods, method) && pattern.test(path))
      .map(({ url }) => url);
    const routes = [...new Set([...registered, ...this.earlier(method, path)])];
    return [
      ...routes.map((text) => ({ text, exact: text === path, certain: true })),
      ...this.middleware(path, elsewhere),
    ];
  }

  /** Routes that an instance had when it was given to Nest: each part of the path can be a parameter, or the rest a wildcard. */
  private earlier(method: string, path: string): string[] {
    const instance = this.instance as Fastify;
    if (typeof instance.hasRoute !== 'function') return [];
    const asked = method === 'HEAD' ? ['HEAD', 'GET'] : [method];
    return candidatesFor(path).filter((url) =>
      asked.some((one) => instance.hasRoute?.({ method: one, url })),
    );
  }

  /** `app.use(path, …)`: @fastify/middie 9 keeps it under a symbol, with the path first if there is one. */
  private middleware(path: string, elsewhere: string): RouteMatch[] {
    const { instance } = this;
    const symbol = Object.getOwnPropertySymbols(instance).find(
      ({ description }) => description === 'fastify-middie-middlewares',
    );
    const entries = symbol ? (instance as Record<symbol, unknown>)[symbol] : [];
    if (!Array.isArray(entries)) return [];
    return (entries as unknown[][])
      .flatMap(([first]) => (Array.isArray(first) ? (first as unknown[]) : [first]))
      .filter((at) => isMountedOn(at, path) && !isMountedOn(at, elsewhere))
      .map((at) => ({ text: String(at), exact: false, certain: false }));
  }
}

function isMountedOn(at: unknown, path: string): boolean {
  if (at instanceof RegExp) return at.test(path);
  // Patterns come from `configure(consumer)`, whose middleware answers nothing as a rule.
  if (typeof at !== 'string' || /[:*?+(){}[\]]/.test(at)) return false;
  const base = at.endsWith('/') ? at.slice(0, -1) : at;
  return path === base || path.startsWith(`${base}/`);
}

/** GET answers HEAD as well (`exposeHeadRoutes`, on by default). */
function handles(methods: readonly string[], method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}

/** A route's URL in find-my-way's syntax as an expression: `:name`, `:name(regexp)`, `:last?`, `*`, and `::` for a colon. */
export function patternOf(url: string): RegExp {
  let source = '';
  for (let at = 0; at < url.length;) {
    if (url.startsWith('::', at)) {
      source += ':';
      at += 2;
    } else if (url[at] === ':') {
      const { text, end } = parameterAt(url, at);
      const optional = url[end] === '?' && end === url.length - 1;
      source =
        optional && source.endsWith('/') ? `${source.slice(0, -1)}(?:/${text})?` : source + text;
      at = optional ? end + 1 : end;
    } else if (url[at] === '*') {
      source += '.*';
      at += 1;
    } else {
      source += url[at].replace(/[\\^$.*+?()[\]{}|]/, String.raw`\$&`);
      at += 1;
    }
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^(?!)/; // an expression that only find-my-way understands matches nothing here
  }
}

/** A name ends at `(`, `-`, `.`, `/` or the next parameter; an expression in brackets may follow. */
function parameterAt(url: string, start: number): { text: string; end: number } {
  let end = start + 1;
  while (end < url.length && !'(-./:?'.includes(url[end])) end += 1;
  if (url[end] !== '(') return { text: '[^/]+?', end };
  let depth = 0;
  const open = end;
  do {
    if (url[end] === '\\') end += 1;
    else if (url[end] === '(') depth += 1;
    else if (url[end] === ')') depth -= 1;
    end += 1;
  } while (depth > 0 && end < url.length);
  const inner = url
    .slice(open + 1, end - 1)
    .replace(/^\^/, '')
    .replace(/\$$/, '');
  return { text: `(?:${inner})`, end };
}

/** `/health/live` as `/health/:p`, `/:p/live`, `/health/*` and so on: the texts of simple routes that match it. */
function candidatesFor(path: string): string[] {
  const parts = path.split('/').slice(1);
  if (parts.length > 5) return [path]; // 2^5 questions are enough
  let heads = [''];
  const all = new Set<string>(['*', '/*']);
  for (const [index, part] of parts.entries()) {
    heads = heads.flatMap((head) => [`${head}/${part}`, `${head}/:p`]);
    const rest = index === parts.length - 1 ? '' : '/*';
    for (const head of heads) all.add(`${head}${rest}`);
  }
  return [...all];
}
