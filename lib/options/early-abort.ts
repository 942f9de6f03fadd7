import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { checkArray, rejectUnknownKeys } from './option-checks.js';

/** Which work learns of a shutdown before the drain's deadline. Either `source` or `route` is given. */
export interface EarlyAbortOptions {
  /** A source of work by its name in the report, such as `BullMQ worker mail`, or `http` for all requests. */
  readonly source?: string;
  /** A route such as `GET /exports/:id`, or a path alone; `:name` or `*` stands for one segment. */
  readonly route?: string;
  /**
   * When: at the `start` of the shutdown, or at this share of its time, above 0 and below 1.
   * @default 'start'
   */
  readonly at?: 'start' | number;
}

const REMEDY = "Pass one such as { source: 'BullMQ worker mail', at: 0.5 }.";

/** @throws InvalidOptionError, UnknownOptionError */
export function checkEarlyAbort(name: string, value: unknown): void {
  for (const [index, rule] of checkArray(name, value).entries())
    checkRule(`${name}[${index}]`, rule);
}

function checkRule(name: string, rule: unknown): void {
  if (typeof rule !== 'object' || rule === null) {
    throw new InvalidOptionError(name, 'an object', rule, REMEDY);
  }
  rejectUnknownKeys(rule, ['source', 'route', 'at'], `${name}.`);
  const { source, route, at = 'start' } = rule as Record<keyof EarlyAbortOptions, unknown>;
  if ((source === undefined) === (route === undefined)) {
    throw new InvalidOptionError(name, 'an object with either `source` or `route`', rule, REMEDY);
  }
  if (source !== undefined && (typeof source !== 'string' || source === '')) {
    throw new InvalidOptionError(`${name}.source`, 'the name of a source', source, REMEDY);
  }
  if (route !== undefined && !(typeof route === 'string' && /^([A-Z]+ )?\/[^\s?#]*$/.test(route))) {
    const example = "Pass one such as 'GET /exports/:id'.";
    throw new InvalidOptionError(`${name}.route`, 'a route without a query', route, example);
  }
  if (at !== 'start' && !(typeof at === 'number' && at > 0 && at < 1)) {
    const expected = "'start' or a share of the time, above 0 and below 1";
    throw new InvalidOptionError(`${name}.at`, expected, at, REMEDY);
  }
}
