// Rehearses public applications that nobody here wrote: what a rolling deploy loses without the module and with it.
//
//   node bench/public-apps/run.mjs [repository…] [--mirror folder]
//
// Each is cloned at its commit into a temporary folder and built as apps.mjs says; nothing is written to its files, since
// `nestjs-graceful rehearse` adds the module as it starts. `--mirror` takes the clones from
// `<folder>/<owner>+<name>/repo` where GitHub is out of reach. Results are kept in bench/public-apps/results.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apps } from './apps.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const results = at('results');
const command = at('../../dist/cli/main.js');
const { values, positionals } = parseArgs({
  options: { mirror: { type: 'string' }, rate: { type: 'string', default: '40' } },
  allowPositionals: true,
});

mkdirSync(results, { recursive: true });
for (const app of apps) {
  if (positionals.length > 0 && !positionals.includes(app.repository)) continue;
  const folder = mkdtempSync(join(tmpdir(), 'public-app-'));
  try {
    rehearse(app, folder);
  } catch (error) {
    console.error(`${app.repository}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(table());

function rehearse({ repository, commit, prepare, entry, paths, env, folder: part = '.' }, folder) {
  const source = values.mirror
    ? join(values.mirror, repository.replace('/', '+'), 'repo')
    : `https://github.com/${repository}.git`;
  git('clone', '--quiet', source, folder);
  git('-C', folder, 'checkout', '--quiet', commit);
  const cwd = join(folder, part);
  for (const [program, ...args] of prepare) {
    execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const asked = paths.flatMap((path) => ['--path', path]);
  const shape = ['--replicas', '2', '--rate', values.rate, '--seed', '1', '--json'];
  const file = repository.replace('/', '+');
  const kept = ['--events', join(results, `${file}.events.json`)];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [command, 'rehearse', entry, ...asked, ...shape, ...kept],
    { cwd, env: { ...process.env, ...env }, encoding: 'utf8' },
  );
  if (!stdout.startsWith('{')) throw new Error(`rehearse ended with ${status}\n${stderr}`);
  const result = JSON.parse(stdout);
  writeFileSync(join(results, `${file}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  if (result.verdict === 'missed') process.exitCode = 1;
}

function git(...args) {
  execFileSync('git', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Of all results that are kept. */
function table() {
  const rows = readdirSync(results)
    .filter((name) => name.endsWith('.json') && !name.endsWith('.events.json'))
    .map((name) => [name, JSON.parse(readFileSync(join(results, name), 'utf8'))]);
  return [
    '| repository (commit) | kind | plain: lost of sent, exits | with the module | verdict |',
    '| --- | --- | --: | --: | --- |',
    ...rows.map(([name, { arms, verdict }]) => {
      const repository = name.slice(0, -'.json'.length).replace('+', '/');
      const app = apps.find((one) => one.repository === repository);
      const arm = ({ lost, requests, stops }) => {
        const ends = new Set(
          stops.map(
            ({ code, signal, ms }) => `${signal ?? code} after ${(ms / 1_000).toFixed(1)} s`,
          ),
        );
        return `${lost} of ${requests}, ${[...ends].join(', ')}`;
      };
      return `| ${repository} (${app?.commit.slice(0, 8)}) | ${app?.kind} | ${arm(arms.control)} | ${arm(arms.module)} | ${verdict} |`;
    }),
  ].join('\n');
}
