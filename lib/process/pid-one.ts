import { readFileSync } from 'node:fs';
import { startedByPidOne } from '../log/host-lines.js';
import type { Line } from '../log/line.js';

/** The port to /proc: the text of a file, or undefined where there is none. */
export type ReadProc = (path: string) => string | undefined;

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);
export const RUNNERS: ReadonlySet<string> = new Set([
  'npm',
  'npx',
  'yarn',
  'yarnpkg',
  'pnpm',
  'nest',
]);

/** SIGTERM in the mask of caught signals, proc_pid_status(5). */
const SIGTERM_BIT = 1n << 14n;
/** More ancestors than any process has: the end of a chain that changes while it is read. */
const MAX_ANCESTORS = 64;

/** The real /proc; nothing on systems that have none. */
export const readProc: ReadProc = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/**
 * Warns when this process was started by a shell or a package manager that is PID 1 of its container, where the stop
 * signal goes. The kernel drops a signal that PID 1 has no handler for, which is every shell without a `trap`; npm
 * passes it on to the shell between, which dies, and the container with it [run: npm 11.19 and dash].
 *
 * Says nothing when it is PID 1 itself (`exec` did its work), under an init such as tini or systemd, after `docker
 * exec` (not a child of PID 1), and where there is no /proc.
 *
 * @returns what is wrong and what to do; undefined when nothing is
 */
export function pidOneWarning(pid: number, read: ReadProc = readProc): Line | undefined {
  if (pid === 1 || !descendsFromPidOne(pid, read)) return undefined;
  const program = programOf(read('/proc/1/cmdline') ?? '');
  const swallowed = SHELLS.has(program) && !catchesSigterm(read('/proc/1/status') ?? '');
  if (!swallowed && !RUNNERS.has(program)) return undefined;
  // The program only: its arguments may hold secrets.
  return startedByPidOne({ program, swallowsSignals: swallowed });
}

function descendsFromPidOne(pid: number, read: ReadProc): boolean {
  let ancestor = pid;
  for (let depth = 0; depth < MAX_ANCESTORS && ancestor > 1; depth += 1) {
    ancestor = parentOf(read(`/proc/${ancestor}/stat`) ?? '');
  }
  return ancestor === 1;
}

/** `4242 (a name) S 1 …`: the name may hold anything, blanks and brackets too. 0 when there is no parent to be seen. */
export function parentOf(stat: string): number {
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(parent) || 0;
}

/** Such as `sh`, or `npm` for `node /usr/bin/npm-cli.js start` and for the title `npm start` that it gives itself. */
export function programOf(cmdline: string): string {
  const [command = '', ...args] = cmdline.split('\0').filter((argument) => argument !== '');
  const program = baseName(command.split(' ')[0] ?? '');
  if (program !== 'node') return program;
  return baseName(args.find((argument) => !argument.startsWith('-')) ?? '');
}

/** `/usr/lib/npm/bin/npm-cli.js`, `pnpm.cjs` and `yarn-4.9.1.cjs` are npm, pnpm and yarn; a login shell is `-sh`. */
function baseName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return file.replace(/\.[cm]?js$/, '').replace(/^-|-cli$|-[\d.]+$/g, '');
}

function catchesSigterm(status: string): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & SIGTERM_BIT) !== 0n;
}
