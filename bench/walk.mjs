// How far a SIGTERM walks through lib: in a copy of the build, each function says in which file it is when it is
// entered. `node bench/walk.mjs [checkout]` prints how many files are entered from the signal to the exit with one request
// in flight, how often the walk moves from one file to another, and how often it enters each file. It counts, it measures
// no time.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { at } from '../test/support/prepare/folders.mjs';

const checkout = resolve(process.argv[2] ?? at('.'));
// Beside node_modules, in which the copy finds Nest.
const folder = mkdtempSync(join(at('test/.cache'), 'walk-'));
try {
  const dist = join(folder, 'dist');
  const tsc = at('node_modules/typescript-native/bin/tsc');
  execFileSync(
    process.execPath,
    [tsc, '-p', join(checkout, 'tsconfig.build.json'), '--outDir', dist],
    {
      stdio: 'inherit',
    },
  );
  for (const file of readdirSync(dist, { recursive: true })) {
    if (file.endsWith('.js')) instrument(dist, file);
  }
  cpSync(at('bench/walk/app.mjs'), join(folder, 'app.mjs'));
  print(await walk(folder));
} finally {
  rmSync(folder, { recursive: true });
}

/** Puts a call in front of what each function does, as text, so that the rest stays as it was written. */
function instrument(dist, file) {
  const path = join(dist, file);
  const text = readFileSync(path, 'utf8');
  const enter = `globalThis.walked(${JSON.stringify(file)})`;
  const additions = [];
  const visit = (node) => {
    const body = ts.isFunctionLike(node) ? node.body : undefined;
    if (body && ts.isBlock(body)) additions.push([body.getStart() + 1, `${enter};`]);
    else if (body) additions.push([body.getStart(), `(${enter}, (`], [body.getEnd(), '))']);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  // From the end, so that what comes before stays where it is; at one place, what was added first stands first.
  const fromTheEnd = additions.toReversed().toSorted(([one], [other]) => other - one);
  writeFileSync(
    path,
    fromTheEnd.reduce((all, [at, what]) => all.slice(0, at) + what + all.slice(at), text),
  );
}

/** Runs the application, sends SIGTERM while a request is in flight, and collects what it walked through. */
function walk(cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['app.mjs'], {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (message) => {
      if (message.port) {
        get(`http://127.0.0.1:${message.port}/slow`, (response) => response.resume()).on(
          'error',
          reject,
        );
      }
      if (message.inFlight) child.kill('SIGTERM');
    });
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`the application ended with ${code}`));
      else resolve(JSON.parse(readFileSync(join(cwd, 'walked.json'), 'utf8')));
    });
  });
}

function print(walked) {
  const counts = new Map();
  let moves = 0;
  walked.forEach((file, index) => {
    if (walked[index - 1] === file) return;
    moves += index > 0 ? 1 : 0;
    counts.set(file, (counts.get(file) ?? 0) + 1);
  });
  console.log(`${counts.size} files, ${moves} moves, ${walked.length} functions`);
  for (const [file, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    const all = walked.filter((one) => one === file).length;
    console.log(
      `${String(count).padStart(5)} entries ${String(all).padStart(5)} functions  ${file}`,
    );
  }
}
