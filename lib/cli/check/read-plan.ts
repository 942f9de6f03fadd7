import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, type Terminal } from '../command.js';
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

/**
 * The plan of an application as it is built, from `nestjs-graceful plan`.
 *
 * @throws {UsageError} when it can't be made; why was said on standard error
 */
export async function planOfEntry(entry: string, terminal: Terminal): Promise<PlanFacts> {
  const { command } = await import('../plan/plan.command.js');
  let json = '';
  const out = (text: string) => void (json += text);
  const code = await command.run([entry, '--json'], { ...terminal, out });
  if (code !== EXIT.clean) throw new UsageError(`the plan of ${entry} could not be made`);
  return planFacts(JSON.parse(json), entry);
}
