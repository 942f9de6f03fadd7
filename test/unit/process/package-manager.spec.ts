import { describe, expect, it } from '@jest/globals';
import { packageManagerWarning } from '../../../lib/process/package-manager.js';

type Ancestor = readonly [pid: number, ...command: readonly string[]];

/** The /proc of a machine on which process 42 has these ancestors, its parent first. */
function proc(...ancestors: readonly Ancestor[]) {
  const files = new Map<string, string>();
  let child = 42;
  for (const [pid, ...command] of ancestors) {
    files.set(`/proc/${child}/stat`, `${child} (node) S ${pid} 1 1 0 -1`);
    files.set(`/proc/${pid}/cmdline`, command.map((part) => `${part}\0`).join(''));
    child = pid;
  }
  return (path: string) => files.get(path);
}

const SYSTEMD: Ancestor = [1, '/sbin/init'];
const TEXT =
  '`npm` has started this process, and may end at a stop signal without passing it on: the application then lives on ' +
  'and hears nothing. Have the supervisor start node itself: node dist/main.js';

describe('the warning about a package manager', () => {
  it.each<[string, Ancestor[]]>([
    ['npm and its shell', [[7, 'sh', '-c', 'node dist/main'], [6, 'npm run start:prod'], SYSTEMD]],
    ['npm itself', [[6, 'node', '/usr/bin/npm-cli.js', 'start'], SYSTEMD]],
  ])('is given for %s', (_what, ancestors) => {
    expect(packageManagerWarning(42, false, proc(...ancestors))?.text).toBe(TEXT);
  });

  it.each<[string, Ancestor[]]>([
    ['systemd', [SYSTEMD]],
    ['a script', [[7, 'bash', '/srv/start.sh'], SYSTEMD]],
    ['another program below npm', [[8, 'node', 'jest.js'], [7, 'sh'], [6, 'npm test'], SYSTEMD]],
    [
      'npm as PID 1, of which another line tells',
      [
        [7, 'sh'],
        [1, 'npm start'],
      ],
    ],
  ])('is not given for %s', (_what, ancestors) => {
    expect(packageManagerWarning(42, false, proc(...ancestors))).toBeUndefined();
  });

  it('is not given at a terminal, nor without /proc', () => {
    const npm = proc([6, 'npm start'], SYSTEMD);
    expect(packageManagerWarning(42, true, npm)).toBeUndefined();
    expect(packageManagerWarning(42, false, () => undefined)).toBeUndefined();
  });
});
