import { isDeepStrictEqual } from 'node:util';
import { ContractViolationError } from './contract-violation.error.js';

/** Fails with what was expected and what came. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  fail(`${what}: expected ${textOf(expected)}, got ${textOf(actual)}`);
}

export function expectThat(holds: boolean, what: string, actual: unknown): void {
  if (!holds) fail(`expected ${what}, got ${textOf(actual)}`);
}

export function fail(message: string): never {
  throw new ContractViolationError(message);
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
