import { describe, expect, it } from '@jest/globals';
import { decode } from '@jridgewell/sourcemap-codec';
import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { files, importsOf, manifest, packageOf, read, type Target } from './packed-package.js';

const tarball = fileURLToPath(new URL('../.cache/nestjs-graceful.tgz', import.meta.url));
const declarations = files.filter((path) => /^dist\/.*\.d\.ts$/.test(path));
const scripts = files.filter((path) => /^dist\/.*\.js$/.test(path));

const optional = new Set(
  Object.entries(manifest.peerDependenciesMeta ?? {})
    .filter(([, meta]) => meta.optional)
    .map(([name]) => name),
);
const declared = { ...manifest.dependencies, ...manifest.peerDependencies };

/** What every application has that uses the package: an optional peer may be missing, Terminus for one. */
const required = (name: string) => name in declared && !optional.has(name);

/** Pairs of file and package, for the packages that `allowed` does not hold. */
const importsOutside = (paths: readonly string[], allowed: (name: string) => boolean) =>
  paths.flatMap((path) =>
    importsOf(read(path))
      .map(packageOf)
      .filter((name) => name !== undefined && !allowed(name))
      .map((name) => `${path} imports ${name}`),
  );

describe('the packed files', () => {
  it('are the build, the sources of its maps, the schemas, what Prometheus and Grafana load, and what npm adds', () => {
    expect(files.filter((path) => !/^(dist|lib)\//.test(path)).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'ops/grafana-dashboard.json',
      'ops/prometheus-rules.yml',
      'package.json',
      'plan.schema.json',
      'rehearsal.schema.json',
      'report.schema.json',
    ]);
    expect(scripts).toContain('dist/index.js');
    expect(declarations).toContain('dist/index.d.ts');
  });

  it('hold no test', () => {
    expect(files.filter((path) => /\.(spec|test)\.|(^|\/)(tests?|__tests__)\//.test(path))).toEqual(
      [],
    );
  });

  it('hold every source that a source map names', () => {
    const missing = files
      .filter((path) => path.endsWith('.map'))
      .flatMap((path) =>
        (JSON.parse(read(path)) as { sources: string[] }).sources
          .map((source) => posix.join(posix.dirname(path), source))
          .filter((source) => !files.includes(source)),
      );
    expect(missing).toEqual([]);
  });

  it.each(['dist/index.js', 'dist/cjs/index.js'])(
    'lead from each line of a class in %s to that of its source',
    (path) => {
      const map = JSON.parse(read(`${path}.map`)) as { sources: string[]; mappings: string };
      const code = read(path).split('\n');
      const places = decode(map.mappings);
      const signs = ['class Lifecycle', 'class HttpDrain', 'new BudgetExceededError('];
      for (const sign of signs) {
        const line = code.findIndex((text) => text.includes(sign));
        const [first] = places[line]?.filter((segment) => segment.length > 1) ?? [];
        const [, source = -1, at = -1] = first ?? [];
        const file = posix.join(posix.dirname(path), map.sources[source] ?? '');
        expect(read(file).split('\n')[at]).toContain(sign);
      }
    },
  );

  it('hold every declaration that another one names', () => {
    const missing = declarations.flatMap((path) =>
      importsOf(read(path))
        .filter((name) => name.startsWith('.'))
        .map((name) => posix.join(posix.dirname(path), name.replace(/\.js$/, '.d.ts')))
        .filter((named) => !files.includes(named)),
    );
    expect(missing).toEqual([]);
  });

  it('are little more than a megabyte together, packed', () => {
    expect(statSync(tarball).size).toBeLessThan(1_300_000);
  });
});

describe('the manifest', () => {
  it('names a file that is there for every export', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string'
        ? [target]
        : Object.values(target).flatMap(({ types, default: code }) => [types, code]),
    );
    targets.push(manifest.main, manifest.types);
    expect(targets.filter((target) => !files.includes(target.replace('./', '')))).toEqual([]);
  });

  it.each(['.', './telemetry', './testing', './testing/rig'])(
    'gives the ES modules of %s to all who can load them',
    (subpath) => {
      const conditions = Object.entries(manifest.exports[subpath] ?? {}) as Array<[string, Target]>;
      // The first that applies is taken: Node has `module-sync` for `import` and `require`, so it never gets a second copy.
      expect(conditions.map(([name]) => name)).toEqual(['module-sync', 'import', 'default']);
      const folder = subpath.replace('.', '');
      expect(conditions.map(([, target]) => target.default)).toEqual([
        `./dist${folder}/index.js`,
        `./dist${folder}/index.js`,
        `./dist/cjs${folder}/index.js`,
      ]);
      for (const [, target] of conditions) {
        expect(target.types).toBe(target.default.replace(/js$/, 'd.ts'));
      }
    },
  );

  it('marks the CommonJS build as such, and builds the same files as for the ES modules', () => {
    expect(JSON.parse(read('dist/cjs/package.json'))).toEqual({ type: 'commonjs' });
    const built = (pattern: RegExp) =>
      files.filter((path) => pattern.test(path)).map((path) => path.replace(pattern, ''));
    const inCommonJs = built(/^dist\/cjs\/(?!package\.json)/);
    expect(inCommonJs).toContain('index.js');
    expect(inCommonJs).toEqual(built(/^dist\/(?!cjs\/|cli\/)/));
  });

  it('has a command, with all it needs inside, and the licences of what it bundles', () => {
    expect(manifest.bin).toEqual({ 'nestjs-graceful': 'dist/cli/main.js' });
    expect(read('dist/cli/main.js')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const command = scripts.filter((path) => path.startsWith('dist/cli/'));
    expect(importsOutside(command, () => false)).toEqual([]);
    expect(files).toContain('dist/cli/LICENSES');
  });

  it('declares everything that the build imports, and needs no optional peer', () => {
    expect(importsOutside(scripts, required)).toEqual([]);
  });

  it('has no optional peer, and nothing undeclared, in a declaration file', () => {
    expect(importsOutside(declarations, required)).toEqual([]);
  });

  it('needs no package of its own, only the peers that a Nest application has', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(Object.keys(manifest.peerDependencies).filter((name) => !optional.has(name))).toEqual([
      '@nestjs/common',
      '@nestjs/core',
      'reflect-metadata',
      'rxjs',
    ]);
    expect([...optional]).toEqual(['@nestjs/terminus', '@opentelemetry/api', 'prom-client']);
  });

  it('loads nothing with its telemetry: what comes before an SDK is not instrumented by it', () => {
    for (const folder of ['dist', 'dist/cjs']) {
      const seen = new Set([`${folder}/telemetry/index.js`]);
      const packages = new Set<string>();
      for (const file of seen) {
        for (const [, from = ''] of read(file).matchAll(/(?:from |import |require\()'([^']+)'/g)) {
          if (from.startsWith('.')) seen.add(posix.join(posix.dirname(file), from));
          else if (!from.startsWith('node:')) packages.add(from);
        }
      }
      expect(seen.size).toBeGreaterThan(1);
      expect([...seen]).not.toContain(`${folder}/index.js`);
      expect([...packages]).toEqual([]);
    }
  });

  it('does not claim to be free of side effects: decorators write metadata on import', () => {
    expect(manifest.sideEffects).not.toBe(false);
  });
});

describe('the check of imports', () => {
  it('sees every form of import', () => {
    const code = `
      import a from 'default'; import { b } from 'named'; import type { C } from 'type'; import 'bare';
      export * from 'star'; export { d } from 're-exported'; const e = require('required');
      const f = import('dynamic'); type G = import('import-type').G;
    `;
    expect(importsOf(code).toSorted()).toEqual(
      ['default', 'named', 'type', 'bare', 'star', 're-exported', 'required', 'dynamic']
        .concat('import-type')
        .toSorted(),
    );
  });

  it('knows the package of a deep path', () => {
    expect(
      ['@nestjs/core/injector/container.js', 'rxjs/operators', 'pg', './x.js', 'node:fs'].map(
        packageOf,
      ),
    ).toEqual(['@nestjs/core', 'rxjs', 'pg', undefined, undefined]);
  });
});
