import { afterAll, describe, expect, it } from '@jest/globals';
import { build, stop, type BuildOptions } from 'esbuild';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programPath } from '../support/programs.js';
import { PATIENCE_MS, runProgram } from './run-program.js';
import { IN_ORDER } from './self-stopping.js';

/** What Nest, Terminus and their platforms load if it is there: a bundle does without. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/axios',
  '@nestjs/mongoose',
]
  .concat([
    '@nestjs/sequelize',
    '@nestjs/typeorm',
    '@mikro-orm/*',
    'typeorm',
    'sequelize',
    'mongoose',
  ])
  .concat([
    'class-validator',
    'class-transformer',
    '@fastify/static',
    '@fastify/view',
    '@fastify/multipart',
    '@grpc/*',
  ]);

/** Nest 12 is ES modules, some of which make a `require` of their own. */
const MAKES_REQUIRE =
  "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);";

const AS_THEY_COME: Record<11 | 12, BuildOptions> = {
  11: { format: 'cjs', outExtension: { '.js': '.cjs' } },
  12: { format: 'esm', outExtension: { '.js': '.mjs' }, banner: { js: MAKES_REQUIRE } },
};

/** Bundles the program with everything in it; returns the file. */
async function bundle(nestMajor: 11 | 12, name: string, options: BuildOptions): Promise<string> {
  const program = programPath(nestMajor, 'package/self-stopping');
  const outdir = fileURLToPath(new URL(`../.cache/bundles/nest-${nestMajor}/`, import.meta.url));
  const result = await build({
    ...AS_THEY_COME[nestMajor],
    entryPoints: { [name]: program },
    absWorkingDir: dirname(program),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: OPTIONAL,
    tsconfigRaw: {}, // else the repository's own, which has the sources in the place of the package
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  const [file] = Object.keys(result.metafile?.outputs ?? {});
  return fileURLToPath(new URL(file ?? '', `file://${dirname(program)}/`));
}

afterAll(stop);

describe('a bundle of esbuild, which renames classes', () => {
  it.each([
    ['minified', 12, { minify: true, keepNames: false }],
    ['minified', 11, { minify: true, keepNames: false }],
    ['as it comes', 12, {}],
  ] as const)(
    '%s, on Nest %d: Terminus leaves in time and does not wait, errors have their names',
    async (how, nestMajor, options) => {
      const file = await bundle(nestMajor, how.replaceAll(' ', '-'), options);

      const { code, events, output } = await runProgram(file);

      expect(output).toBe('');
      expect(events).toEqual(IN_ORDER);
      expect(code).toBe(0);
    },
    PATIENCE_MS,
  );
});
