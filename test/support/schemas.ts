import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ajv = new Ajv2020({ allErrors: true, strictTuples: false });

/** What a published schema has against a value, after it has been through JSON: where, and what. */
function checkedBy(file: string): (value: unknown) => string[] {
  const path = join(import.meta.dirname, '../..', file);
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  return (value) => {
    if (validate(JSON.parse(JSON.stringify(value)))) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

export const schemaErrors = checkedBy('plan.schema.json');
export const reportSchemaErrors = checkedBy('report.schema.json');
export const rehearsalSchemaErrors = checkedBy('rehearsal.schema.json');
