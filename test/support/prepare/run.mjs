import { execFile, spawnSync } from 'node:child_process';
import { at } from './folders.mjs';

const onWindows = process.platform === 'win32';

/** Runs a command to its end; its output is shown only when it fails. */
export function run(command, args, { cwd = '.' } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, optionsIn(cwd));
  if (status === 0) return stdout;
  throw failure(command, args, cwd, error?.message ?? `code ${status}`, stdout + stderr);
}

/** The same while others run. */
export function runBeside(command, args, { cwd = '.' } = {}) {
  return new Promise((resolve, reject) => {
    execFile(command, args, optionsIn(cwd), (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(failure(command, args, cwd, `code ${error.code}`, stdout + stderr));
    });
  });
}

const optionsIn = (cwd) => ({
  cwd: at(cwd),
  encoding: 'utf8',
  shell: onWindows, // npm is a .cmd there
});

const failure = (command, args, cwd, why, output) =>
  new Error(`\`${command} ${args.join(' ')}\` in ${at(cwd)} failed (${why})\n${output}`);
