// Plants one fault after the other into a copy of the packed package, and runs the checks of scenario.mjs against it: the
// fault has to be seen, by the check it is to be seen by. First of all nothing is planted, and nothing may be seen.
//
//   npm run test:planted              all of them
//   npm run test:planted -- --few     a handful
//   npm run test:planted -- kit       those of the kit, or of the module
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faults } from './faults.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const pages = at('../.cache/pages-12');
const LIMIT_MS = 60_000;
/** So many apart from each other. */
const FEW = 5;

const few = process.argv.includes('--few');
const step = Math.ceil(faults.length / FEW);
const only = process.argv.find((argument) => ['module', 'kit'].includes(argument));
const wanted = few
  ? faults.filter((_fault, index) => index % step === 0)
  : faults.filter((fault) => !only || fault.in === only);

const folder = mkdtempSync(join(tmpdir(), 'planted-'));
try {
  layOut();
  const healthy = await scenario();
  if (healthy.length > 0) fail(`nothing is planted, and ${healthy.join(', ')} failed`);
  for (const fault of wanted) {
    plant(fault);
    const failed = await scenario();
    const seen = fault.seen.filter((name) => failed.includes(name));
    const said = `${fault.in}: ${fault.name}`;
    if (seen.length > 0) console.log(`seen     ${said}  (${seen.join(', ')})`);
    else
      fail(
        `${said}: not seen by ${fault.seen.join(' or ')}; failed: ${failed.join(', ') || 'nothing'}`,
      );
  }
  console.log(`${wanted.length} faults were planted, and nothing else`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fail(text) {
  console.error(`NOT SEEN ${text}`);
  process.exitCode = 1;
}

/** The application of docs/testing.md, and its libraries. */
function layOut() {
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(pages, 'node_modules'))) {
    if (name === 'nestjs-graceful') continue;
    symlinkSync(join(pages, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  cpSync(join(pages, 'testing/dist'), join(folder, 'app'), { recursive: true });
  cpSync(at('scenario.mjs'), join(folder, 'app/scenario.mjs'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  unpack();
}

/** A fresh copy, without the fault before. */
function unpack() {
  const target = join(folder, 'node_modules/nestjs-graceful');
  rmSync(target, { recursive: true, force: true });
  const source = join(pages, 'node_modules/nestjs-graceful');
  const isNeeded = (path) => !/\.(map|d\.ts)$|graceful\/(lib|dist\/(cjs|cli))$/.test(path);
  cpSync(source, target, { recursive: true, dereference: true, filter: isNeeded });
}

function plant({ name, from, to }) {
  unpack();
  const dist = join(folder, 'node_modules/nestjs-graceful/dist');
  const files = [
    'index.js',
    'testing/index.js',
    ...readdirSync(dist).filter((file) => /^shared\d*\.js$/.test(file)),
  ];
  // Formatted by a compiler: spaces do not count.
  const pattern = new RegExp(
    from.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+'),
    'g',
  );
  let places = 0;
  for (const file of new Set(files)) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8');
    places += [...text.matchAll(pattern)].length;
    writeFileSync(
      path,
      text.replace(pattern, () => to),
    );
  }
  if (places !== 1) throw new Error(`'${name}' is to be planted in ${places} places: ${from}`);
}

/** The names of the checks that fail; `crash` when it does not come to its end. */
function scenario() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['app/scenario.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', process.env.PLANTED_SAY ? 'inherit' : 'ignore'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let out = '';
    child.stdout.on('data', (text) => (out += text));
    child.on('close', () => {
      clearTimeout(limit);
      const [, names] = /^planted (\[.*\])$/m.exec(out) ?? [];
      resolve(names ? JSON.parse(names) : ['crash']);
    });
  });
}
