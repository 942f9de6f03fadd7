import { expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logDocs } from '../support/log-docs.js';

const file = join(import.meta.dirname, '../../docs/log-lines.md');
const BLOCK = /(<!-- lines -->\n\n)([\s\S]*?)(\n\n<!-- \/lines -->)/;

it('docs/log-lines.md has the lines of the code', () => {
  const docs = readFileSync(file, 'utf8');
  // UPDATE_DOCS=1 writes them.
  if (process.env['UPDATE_DOCS']) {
    writeFileSync(
      file,
      docs.replace(BLOCK, (_, before, __, after) => `${before}${logDocs()}${after}`),
    );
  }
  expect(BLOCK.exec(readFileSync(file, 'utf8'))?.[2]).toBe(logDocs());
});
