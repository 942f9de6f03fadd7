import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Terminal } from '../command.js';
import { UsageError } from '../usage-error.js';
import { planFacts, type PlanFacts } from './plan-facts.js';

/**
 * The plan in a file; `-` is standard input.
 *
 * @throws {UsageError} when it can't be read, or is none
 */
export async function readPlan(file: string, { cwd, readIn }: Terminal): Promise<PlanFacts> {
  let json: unknown;
  try {
    json = JSON.parse(file === '-' ? await readIn() : readFileSync(resolve(cwd, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`the plan ${file} can't be read: ${(error as Error).message}`);
  }
  return planFacts(json, file === '-' ? 'standard input' : file);
}
