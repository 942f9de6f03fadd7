import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../../plan.schema.json');
const validate = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync(file, 'utf8')) as object,
);

/** What the published schema has against a plan, after it has been through JSON: where, and what. */
export function schemaErrors(plan: unknown): string[] {
  if (validate(JSON.parse(JSON.stringify(plan)))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
