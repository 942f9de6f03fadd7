import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { ResolvedOptions } from './resolved-options.js';

type Methods = Pick<ResolvedOptions, 'grpcEndlessMethods' | 'grpcFiniteMethods'>;

/** The names of gRPC: a service with its package, and a method of it, as they stand in the path of a call. */
const METHOD = /^\/?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\/([A-Za-z_]\w*|\*)$/;

/** Checks that no method is in both lists. */
export function checkContradictions({ grpcEndlessMethods, grpcFiniteMethods }: Methods): void {
  const finite = new Set(grpcFiniteMethods.map(withoutSlash));
  const both = grpcEndlessMethods.find((method) => finite.has(withoutSlash(method)));
  if (both === undefined) return;
  throw new InvalidOptionError(
    'grpcEndlessMethods',
    'methods that are not in `grpcFiniteMethods`',
    both,
    'Its streams either end by themselves or they do not: leave it in one of the lists.',
  );
}

export function checkGrpcMethod(name: string, value: unknown): void {
  if (typeof value === 'string' && METHOD.test(value)) return;
  throw new InvalidOptionError(
    name,
    'a method of gRPC with its package and service',
    value,
    "Pass one such as 'shop.Orders/Watch', or 'shop.Orders/*' for all methods of a service.",
  );
}

const withoutSlash = (method: string) => method.replace(/^\//, '');
