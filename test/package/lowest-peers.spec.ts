import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manifest } from './packed-package.js';
import { PATIENCE_MS, runProgram } from './run-program.js';
import { IN_ORDER } from './self-stopping.js';

const CELLS = [11, 12].flatMap((nestMajor) =>
  ['express', 'fastify'].map((platform) => [nestMajor, platform] as const),
);

const at = (nestMajor: number, path: string) =>
  fileURLToPath(new URL(`../.cache/lowest-${nestMajor}/${path}`, import.meta.url));

describe('the lowest version of every peer', () => {
  it.each([11, 12])('is what test/.cache/lowest-%d has', (nestMajor) => {
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
      const { version } = JSON.parse(
        readFileSync(at(nestMajor, `node_modules/${name}/package.json`), 'utf8'),
      ) as { version: string };
      expect(range.split(' || ')).toContain(`^${version}`);
    }
  });

  it(
    'starts, drains on SIGTERM and ends with 0, on Express and on Fastify',
    async () => {
      const runs = CELLS.map(([nestMajor, platform]) =>
        runProgram(at(nestMajor, 'program.mjs'), { PLATFORM: platform }),
      );
      for (const { code, events, output } of await Promise.all(runs)) {
        expect(output).toBe('');
        expect(events).toEqual(IN_ORDER);
        expect(code).toBe(0);
      }
    },
    PATIENCE_MS,
  );
});
