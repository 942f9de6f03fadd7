import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Type } from '@nestjs/common';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/report.md'), 'utf8');

/** The page's example, as a module beside this file, with the package's sources for the package. */
async function example(): Promise<{ ExportController: Type }> {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const file = join(dirname(import.meta.filename), `docs-report-example-${process.pid}.ts`);
  writeFileSync(file, code.replace("'nestjs-graceful'", "'../../lib/index.js'"));
  try {
    return (await import(file)) as { ExportController: Type };
  } finally {
    rmSync(file);
  }
}

describe('docs/report.md', () => {
  it('has an example that stops at once when the shutdown begins, and goes on otherwise', async () => {
    const { ExportController } = await example();
    const app = await HttpApp.start({
      platform: 'Express',
      options: { earlyAbort: [{ route: 'GET /exports/:id', at: 'start' }] },
      module: { controllers: [ExportController] },
    });
    const client = await app.connect();
    const answer = client.get('/exports/7').response();
    await eventually('the export to begin', () => app.graceful.progress().inFlight.length > 0);
    await manyTurns();
    app.signal();
    expect((await answer).body).toMatch(/^stopped at row [1-9]\d*$/);
    await app.exited();
    expect(app.report.outcome).toBe('clean');
  });

  it('names every key of a report', async () => {
    const app = await HttpApp.start({ platform: 'Express' });
    app.signal();
    await app.exited();
    for (const key of Object.keys(app.report)) expect(page).toContain(`\`${key}\``);
  });
});
