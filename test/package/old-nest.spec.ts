import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS, runProgram } from './run-program.js';

const at = (path: string) => fileURLToPath(new URL(`../.cache/nest-10/${path}`, import.meta.url));

describe('an application on Nest 10 that adds the one line', () => {
  it(
    'is told of both versions, and what to do',
    async () => {
      const manifest = readFileSync(at('node_modules/@nestjs/core/package.json'), 'utf8');
      const { version } = JSON.parse(manifest) as { version: string };
      expect(version).toMatch(/^10\./);

      const { code, output } = await runProgram(at('main.mjs'));

      expect(code).toBe(1);
      expect(output).toContain(
        `UnsupportedNestError: nestjs-graceful needs Nest 11.0.0 or newer, and this application is on Nest ${version}.`,
      );
      expect(output).toContain("code: 'GRACEFUL_UNSUPPORTED_NEST'");
    },
    PATIENCE_MS,
  );
});
