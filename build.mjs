// Builds the package: the types file by file, and the JavaScript in one file for each way in, with what they share in a
// third. A hundred and sixty small modules cost four times as much to load as one, before any of them does anything.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { transform } from 'esbuild';
import { rollup } from 'rollup';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** `node build.mjs [folder]` */
const target = resolve(process.argv[2] ?? at('dist'));
const parts = join(target, 'parts');

/** What users import. */
const ENTRIES = ['index', 'telemetry/index', 'testing/index', 'testing/rig/index'];

/** Beside the command: what is loaded into the processes of applications, and what is a process of its own. */
const COMMAND_FILES = [
  'cli/main',
  'cli/entry/preload',
  'cli/entry/ports',
  'cli/entry/peer-hooks',
  'testing/rig/reaper',
];

rmSync(target, { recursive: true, force: true });
compile('--emitDeclarationOnly');
compile('--removeComments', '--declaration', 'false', '--declarationMap', 'false');
await bundle('es', target);
await bundle('cjs', join(target, 'cjs'));
await bundleCommand();
keepTypesOf(ENTRIES);
const isCode = (file) => /\.js(\.map)?$/.test(file);
// As deep as the folder they were made in, so that their maps lead to the sources.
cpSync(parts, join(target, 'cjs'), { recursive: true, filter: (file) => !isCode(file) });
cpSync(parts, target, { recursive: true, filter: (file) => !isCode(file) });
for (const file of readdirSync(parts, { recursive: true })) {
  if (file.endsWith('.d.ts.map')) raiseSources(join(target, file));
}
writeFileSync(join(target, 'cjs/package.json'), '{ "type": "commonjs" }\n');
rmSync(parts, { recursive: true });

function compile(...flags) {
  const tsc = at('node_modules/typescript-native/bin/tsc');
  const command = [tsc, '-p', at('tsconfig.build.json'), '--outDir', parts, ...flags];
  execFileSync(process.execPath, command, { stdio: 'inherit' });
}

async function bundle(format, folder) {
  const made = await rollup({
    input: {
      ...Object.fromEntries(ENTRIES.map((file) => [file, `${parts}/${file}.js`])),
      'testing/rig/reaper': `${parts}/testing/rig/reaper.js`, // a process of its own
    },
    external: /^[^./]/,
    plugins: [{ name: 'maps-of-tsc', load, resolveImportMeta }],
    onLog: (_level, { code, message }) => {
      if (code !== 'THIS_IS_UNDEFINED') throw new Error(message); // that of TypeScript's helpers for decorators
    },
  });
  const { output } = await made.write({
    dir: folder,
    format,
    sourcemap: true,
    sourcemapExcludeSources: true, // they are in the package
    entryFileNames: '[name].js',
    chunkFileNames: 'shared.js',
    generatedCode: 'es2015',
    // What `require()` gives: Node's own modules are their default export, and packages have none.
    interop: (id) => (id?.startsWith('node:') ? 'default' : 'esModule'),
  });
  for (const { code = '', fileName } of output) {
    refuseNewNames(code, fileName);
    if (fileName.endsWith('.map')) keepLinesOf(join(folder, fileName));
  }
}

/** The command, with the parsers it needs inside: the package has no dependencies, and an application loads none of this. */
async function bundleCommand() {
  const packages = new Set();
  const made = await rollup({
    input: Object.fromEntries(COMMAND_FILES.map((file) => [basename(file), `${parts}/${file}.js`])),
    external: /^node:/,
    plugins: [
      {
        name: 'bundled-packages',
        resolveId: (name) => bundled(name, packages),
        transform: (code, file) => (file.includes('node_modules') ? withoutSpace(code) : null),
      },
    ],
    onLog: (_level, { code, message }) => {
      if (code !== 'CIRCULAR_DEPENDENCY') throw new Error(message); // inside the parsers
    },
  });
  await made.write({
    dir: join(target, 'cli'),
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    generatedCode: 'es2015',
  });
  const licences = [...packages].toSorted().map((name) => {
    return `${name}\n\n${readFileSync(at(`node_modules/${name}/LICENSE`), 'utf8').trim()}\n`;
  });
  writeFileSync(join(target, 'cli/LICENSES'), licences.join('\n---\n\n'));
}

/** The ES modules of the packages that the command holds. */
function bundled(name, packages) {
  const file = {
    yaml: 'yaml/browser/dist/index.js',
    'smol-toml': 'smol-toml/dist/index.js',
    acorn: 'acorn/dist/acorn.mjs',
  }[name];
  if (file === undefined) return null;
  packages.add(name);
  return at(`node_modules/${file}`);
}

/** Parsers are half of the command; its own code stays readable. Their licences are in a file beside it. */
async function withoutSpace(code) {
  const flags = { minifyWhitespace: true, minifySyntax: true, legalComments: 'none' };
  return (await transform(code, flags)).code;
}

/** Takes the types away that nothing which users import leads to: those of the command, and of what is inside. */
function keepTypesOf(entries) {
  const kept = new Set();
  const left = entries.map((entry) => join(parts, `${entry}.d.ts`));
  for (const file of left) {
    if (kept.has(file)) continue;
    kept.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
      left.push(join(dirname(file), `${path}.d.ts`));
    }
  }
  for (const name of readdirSync(parts, { recursive: true })) {
    const file = join(parts, name);
    if (!name.endsWith('.d.ts') || kept.has(file)) continue;
    rmSync(file);
    rmSync(`${file}.map`);
  }
}

/** What Rollup puts there for CommonJS would also do in a browser. */
function resolveImportMeta(property, { format }) {
  if (format !== 'cjs' || property !== 'url') return null;
  return "require('node:url').pathToFileURL(__filename).href";
}

/** One folder up. */
function raiseSources(file) {
  const map = JSON.parse(readFileSync(file, 'utf8'));
  const sources = map.sources.map((source) => source.replace(/^\.\.\//, ''));
  writeFileSync(file, JSON.stringify({ ...map, sources }));
}

function load(file) {
  return {
    code: readFileSync(file, 'utf8'),
    map: JSON.parse(readFileSync(`${file}.map`, 'utf8')),
  };
}

/** One place for each line of a source: breakpoints and stack traces need no more, and columns are nine tenths of a map. */
function keepLinesOf(file) {
  const { mappings, names: _names, ...map } = JSON.parse(readFileSync(file, 'utf8'));
  const lines = decode(mappings).map((segments) => {
    const isNew = ([, source, line], at) =>
      at === 0 || segments[at - 1][1] !== source || segments[at - 1][2] !== line;
    return segments.filter(isNew).map((segment) => segment.slice(0, 4));
  });
  writeFileSync(file, JSON.stringify({ ...map, names: [], mappings: encode(lines) }));
}

/** Of two classes of one name one is renamed, and stack traces and Nest's messages would say a name that nobody wrote. */
function refuseNewNames(code, fileName) {
  const names = [...code.matchAll(/\bclass (\w+\$\d+)/g)].map(([, name]) => name);
  if (names.length === 0) return;
  throw new Error(`${fileName}: ${names.join(', ')}: give the classes of lib names of their own`);
}
