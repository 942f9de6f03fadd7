import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { pidOneWarning, readProc } from '../../../lib/process/pid-one.js';
import { describeWith } from '../../support/services.js';
import { runBesideSources } from '../../support/source-program.js';

/** Masks as a shell without and with a `trap … TERM` has them. */
const UNTRAPPED = '0000000000010002';
const TRAPPED = '0000000000014002';

interface Container {
  /** The arguments of PID 1. */
  readonly one?: readonly string[];
  readonly caught?: string;
  /** The parents of process 42, its own first. */
  readonly parents?: readonly number[];
  readonly names?: string;
}

/** The /proc of a container in which process 42 asks. */
function proc({ one = ['sh'], caught = UNTRAPPED, parents = [7, 1], names = 'node' }: Container) {
  const files = new Map([
    ['/proc/1/cmdline', one.map((argument) => `${argument}\0`).join('')],
    ['/proc/1/status', `Name:\tsh\nSigCgt:\t${caught}\nCapInh:\t0000000000000000\n`],
    ['/proc/1/stat', `1 (sh) S 0 1 1 0`],
  ]);
  let pid = 42;
  for (const parent of parents) {
    files.set(`/proc/${pid}/stat`, `${pid} (${names}) S ${parent} 1 1 0 -1`);
    pid = parent;
  }
  return (path: string) => files.get(path);
}

const warning = (container: Container) => pidOneWarning(42, proc(container))?.text;

describe('the warning about PID 1', () => {
  it.each([
    ['sh', ['/bin/sh', '-c', 'node dist/main.js']],
    ['sh', ['/bin/sh', '/entrypoint.sh']],
    ['bash', ['bash', '-c', 'DATABASE_PASSWORD=secret node dist/main.js; echo over']],
    ['ash', ['-ash']],
  ])('says that %s does not pass the signal on: %j', (program, one) => {
    expect(warning({ one })).toBe(
      `PID 1 of this container is \`${program}\`, which does not pass on the stop signal: the process is killed at ` +
        'the end of its grace period. Start node directly, CMD ["node", "dist/main.js"], or as the last line of a ' +
        'script: exec node dist/main.js',
    );
  });

  it.each([
    ['npm', ['npm run start:prod', '', '', '']], // the title that npm gives itself
    ['npm', ['node', '/usr/local/lib/node_modules/npm/bin/npm-cli.js', 'start']],
    ['npm', ['/usr/local/bin/node', '/usr/local/bin/npm', 'start']],
    ['npx', ['node', '--no-warnings', '/usr/local/bin/npx', 'nest', 'start']],
    ['yarn', ['node', '/opt/yarn-v1.22.22/bin/yarn.js', 'start']],
    ['yarn', ['node', '/app/.yarn/releases/yarn-4.9.1.cjs', 'start']],
    ['pnpm', ['node', '/usr/local/bin/pnpm.cjs', 'start']],
    ['nest', ['node', '/app/node_modules/.bin/nest', 'start']],
  ])('says that %s may not: %j', (program, one) => {
    expect(warning({ one, caught: TRAPPED })).toMatch(
      `PID 1 of this container is \`${program}\`, which may not pass on the stop signal: the process may be killed`,
    );
  });

  it('tells nothing of the arguments, which may hold secrets', () => {
    expect(warning({ one: ['sh', '-c', 'PASSWORD=secret node main.js'] })).not.toMatch(/secret/);
  });

  it.each<[string, Container]>([
    ['a shell that traps the signal', { one: ['bash', '/entrypoint.sh'], caught: TRAPPED }],
    ['tini', { one: ['/sbin/tini', '--', 'npm', 'start'] }],
    ['dumb-init', { one: ['/usr/bin/dumb-init', 'node', 'main.js'] }],
    ["Docker's own init", { one: ['/sbin/docker-init', '--', 'node', 'main.js'] }],
    ['systemd', { one: ['/lib/systemd/systemd', '--system'] }],
    ['an init of a machine', { one: ['/sbin/init', 'splash'] }],
    ['the pause container of a shared namespace', { one: ['/pause'] }],
    ['another node program, which forks', { one: ['node', '/app/dist/npm-mirror.js'] }],
    ['node without a script', { one: ['node', '--enable-source-maps'] }],
    ['nothing to be seen', { one: [] }],
    ['a shell that is no ancestor, as after `docker exec`', { parents: [7, 0] }],
    ['a shell, and ancestors that can not be seen', { parents: [7] }],
    ['a shell, and a chain that leads in a circle', { parents: [7, 42] }],
  ])('is not given for %s', (_what, container) => {
    expect(warning(container)).toBeUndefined();
  });

  it('is not given to PID 1 itself, nor where there is no /proc', () => {
    expect(pidOneWarning(1, proc({}))).toBeUndefined();
    expect(pidOneWarning(42, () => undefined)).toBeUndefined();
  });

  it('is not misled by the name of a process between', () => {
    expect(warning({ names: 'a) S 0 (b' })).toMatch(/^PID 1/);
  });

  it('reads the real /proc, and nothing where there is no such file', () => {
    expect(readProc('/proc/there/is/no/such')).toBeUndefined();
    expect(() => pidOneWarning(process.pid)).not.toThrow();
  });
});

const namespaces = {
  name: 'PID namespaces',
  available: spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0,
  hint: 'unshare of util-linux, as root.',
};

describeWith(namespaces, () => {
  const script = `import { pidOneWarning } from './lib/process/pid-one.js';
                  console.log(pidOneWarning(process.pid)?.text ?? 'nothing');`;
  const under = async (...command: string[]) => {
    const wrap = (node: string) => [
      ...['unshare', '--pid', '--fork', '--mount-proc'],
      ...command.map((argument) => argument.replace('NODE', node)),
    ];
    return (
      await runBesideSources(['process', 'engine', 'report', 'log'], script, { wrap })
    ).stdout.trim();
  };

  it.each(['sh', 'bash'])('%s is told from one that traps, and from one that execs', async (sh) => {
    await expect(under(sh, '-c', 'NODE; true')).resolves.toMatch(
      `PID 1 of this container is \`${sh}\``,
    );
    await expect(under(sh, '-c', 'trap true TERM; NODE; true')).resolves.toBe('nothing');
    await expect(under(sh, '-c', 'exec NODE')).resolves.toBe('nothing');
  });

  it('npm is known by its title', async () => {
    const npm = await under('npm', 'exec', '--offline', '-c', 'NODE');
    expect(npm).toMatch('PID 1 of this container is `npm`, which may not pass on the stop signal');
  }, 15_000); // npm takes its time
});
