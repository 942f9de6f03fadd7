import { startedByPackageManager } from '../log/host-lines.js';
import type { Line } from '../log/line.js';
import { parentOf, programOf, readProc, RUNNERS, SHELLS, type ReadProc } from './pid-one.js';

/**
 * Warns when a package manager has started this process, itself or through the shell that it runs scripts in, and is what
 * a supervisor knows: npm ends at the stop signal with 143 and passes it to the shell, which ends as well; the application
 * lives on, and hears nothing [run: npm 11.19 and dash, SIGTERM to npm alone].
 *
 * Says nothing when that is PID 1 (see `pidOneWarning`), at a terminal, where Ctrl-C goes to all of them, and where there
 * is no /proc.
 *
 * @returns what is wrong and what to do; undefined when nothing is
 */
export function packageManagerWarning(
  pid: number,
  interactive: boolean,
  read: ReadProc = readProc,
): Line | undefined {
  if (interactive) return undefined;
  let ancestor = parentOf(read(`/proc/${pid}/stat`) ?? '');
  while (ancestor > 1 && SHELLS.has(programAt(ancestor, read))) {
    ancestor = parentOf(read(`/proc/${ancestor}/stat`) ?? '');
  }
  if (ancestor <= 1) return undefined;
  const program = programAt(ancestor, read);
  return RUNNERS.has(program) ? startedByPackageManager(program) : undefined;
}

function programAt(pid: number, read: ReadProc): string {
  return programOf(read(`/proc/${pid}/cmdline`) ?? '');
}
