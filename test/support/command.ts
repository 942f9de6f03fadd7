import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a run of the command came to. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The folder of an application on that major, with the packed package and test/programs, compiled. */
export function applicationFolder(nestMajor: 11 | 12): string {
  return fileURLToPath(new URL(`../.cache/nest-${nestMajor}`, import.meta.url));
}

/** Runs `nestjs-graceful` in that folder, as `npx` would. */
export function runCommand(nestMajor: 11 | 12, ...args: string[]): Promise<CommandRun> {
  const cwd = applicationFolder(nestMajor);
  const command = `${cwd}/node_modules/nestjs-graceful/dist/cli/main.js`;
  const env = { ...process.env, NO_COLOR: '1', KUBERNETES_SERVICE_HOST: '' };
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { cwd, env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
