import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { checkArray, checkInteger, rejectUnknownKeys } from './option-checks.js';
import { milliseconds, settle, type OptionContext, type OptionTable } from './option-row.js';

/** A request that the application sends to itself before it is ready. */
export interface WarmUpRequest {
  /** The path, with its query. */
  readonly path: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; an object goes as JSON. */
  readonly body?: string | object;
  /**
   * How often it is sent, one after the other.
   * @default 1
   */
  readonly times?: number;
}

/** The option `warmUp`. */
export interface WarmUpOptions {
  /**
   * Requests that the application sends to itself, one after the other, such as `'GET /products?page=1'`, or an object with
   * `path`, `method`, `headers`, `body` and `times`.
   * @default []
   */
  requests?: readonly (string | WarmUpRequest)[];
  /**
   * Readiness opens after this at the latest, in milliseconds, with a line that names what was too slow.
   * @default 30000
   */
  timeoutMs?: number;
}

/** A request with every default filled in. */
export interface ResolvedWarmUpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly times: number;
}

/** `warmUp` with every default filled in. */
export interface ResolvedWarmUpOptions {
  readonly requests: readonly ResolvedWarmUpRequest[];
  readonly timeoutMs: number;
}

const REMEDY = "Pass one such as 'GET /products?page=1' or { path: '/products', times: 20 }.";
const KEYS = ['path', 'method', 'headers', 'body', 'times'];

/** The options of `warmUp`, as `OPTION_TABLE` has the others. */
export const WARM_UP_TABLE: OptionTable<WarmUpOptions, ResolvedWarmUpOptions> = {
  requests: {
    type: 'readonly (string | WarmUpRequest)[]',
    byDefault: () => [],
    check: (name, value) => {
      for (const [index, one] of checkArray(name, value, 'an array of requests').entries()) {
        checkRequest(`${name}[${index}]`, one);
      }
    },
    resolve: (requests: readonly (string | WarmUpRequest)[]) => requests.map(resolveRequest),
    about:
      "Requests that the application sends to itself, one after the other, such as `'GET /products?page=1'`, or an object with `path`, `method`, `headers`, `body` and `times`.",
  },
  timeoutMs: milliseconds(
    1,
    30_000,
    'Readiness opens after this at the latest, in milliseconds, with a line that names what was too slow.',
  ),
};

export function checkWarmUp(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new InvalidOptionError(
    name,
    'an object',
    value,
    "Pass { requests: ['GET /products'] } or the like.",
  );
}

/** Fills in the defaults of the option `warmUp`. */
export function resolveWarmUp(
  options: WarmUpOptions,
  context: OptionContext,
): ResolvedWarmUpOptions {
  return settle(WARM_UP_TABLE, options, context, { prefix: 'warmUp.' }) as ResolvedWarmUpOptions;
}

function checkRequest(name: string, request: unknown): void {
  if (typeof request === 'string') {
    if (/^([A-Z]+ )?\/[^\s#]*$/.test(request)) return;
    throw new InvalidOptionError(name, 'a method and a path', request, REMEDY);
  }
  if (typeof request !== 'object' || request === null) {
    throw new InvalidOptionError(name, 'a string or an object', request, REMEDY);
  }
  rejectUnknownKeys(request, KEYS, `${name}.`);
  const { path, method, headers, body, times } = request as Record<string, unknown>;
  if (typeof path !== 'string' || !/^\/[^\s#]*$/.test(path)) {
    throw new InvalidOptionError(`${name}.path`, "a path that begins with '/'", path, REMEDY);
  }
  if (method !== undefined && !(typeof method === 'string' && /^[A-Z]+$/.test(method))) {
    throw new InvalidOptionError(`${name}.method`, 'a method in capitals', method, REMEDY);
  }
  if (headers !== undefined && !isStrings(headers)) {
    throw new InvalidOptionError(`${name}.headers`, 'an object of strings', headers, REMEDY);
  }
  if (body !== undefined && typeof body !== 'string' && (typeof body !== 'object' || !body)) {
    throw new InvalidOptionError(`${name}.body`, 'a string or an object', body, REMEDY);
  }
  if (times !== undefined) checkInteger(`${name}.times`, times, 1, 100_000);
}

function isStrings(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((one) => typeof one === 'string');
}

function resolveRequest(request: string | WarmUpRequest): ResolvedWarmUpRequest {
  if (typeof request === 'string') {
    const [first, second] = request.split(' ');
    const [method, path] = second === undefined ? ['GET', first] : [first, second];
    return { method, path, headers: {}, times: 1 };
  }
  const { path, method = 'GET', headers = {}, body, times = 1 } = request;
  const isJson = typeof body === 'object';
  return {
    method,
    path,
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
    times,
  };
}
