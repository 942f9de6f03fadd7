import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import { planFacts, type PlanFacts } from './plan-facts.js';

/**
 * The plan in a file.
 *
 * @throws {UsageError} when it can't be read, or is none
 */
export function readPlan(file: string, cwd: string): PlanFacts {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`the plan ${file} can't be read: ${(error as Error).message}`);
  }
  return planFacts(json, file);
}
