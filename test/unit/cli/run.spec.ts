import { describe, expect, it } from '@jest/globals';
import type { CommandRow } from '../../../lib/cli/commands.js';
import { run } from '../../../lib/cli/run.js';
import { UsageError } from '../../../lib/cli/usage-error.js';
import { recordingTerminal } from '../../support/terminal.js';

/** Two commands: one says what it was given, the other refuses everything. */
const commands: readonly CommandRow[] = [
  {
    name: 'echo',
    about: 'says its arguments',
    load: async () => ({
      command: {
        help: 'Usage: nestjs-graceful echo',
        run: async (args, { out }) => {
          out(`${args.join(' ')}\n`);
          return 1;
        },
      },
    }),
  },
  {
    name: 'refuse',
    about: 'refuses everything',
    load: async () => ({
      command: {
        help: '',
        run: async () => {
          throw new UsageError('--loud is unknown');
        },
      },
    }),
  },
];

async function runCommands(...args: string[]) {
  const terminal = recordingTerminal();
  const code = await run(args, terminal, commands);
  return { code, out: terminal.written.out, err: terminal.written.err };
}

describe('nestjs-graceful', () => {
  it('hands a command its arguments, and ends with its code', async () => {
    expect(await runCommands('echo', 'a', '--b')).toEqual({ code: 1, out: 'a --b\n', err: '' });
  });

  it.each([[['--help']], [['-h']], [['help']]])('%j lists the commands', async (args) => {
    const { code, out } = await runCommands(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/echo {4}says its arguments\n {2}refuse {2}refuses everything/);
  });

  it.each([[['echo', '--help']], [['echo', 'a', '-h']], [['help', 'echo']]])(
    '%j tells the options of the command, which does not run',
    async (args) => {
      expect(await runCommands(...args)).toEqual({
        code: 0,
        out: 'Usage: nestjs-graceful echo\n',
        err: '',
      });
    },
  );

  it('without a command says on standard error what there is, as wrong usage', async () => {
    const { code, out, err } = await runCommands();
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: nestjs-graceful <command>');
  });

  it.each([
    ['ehco', "there is no command 'ehco'. Did you mean 'echo'?"],
    ['constructor', "there is no command 'constructor'. There are: echo, refuse."],
  ])('refuses %s', async (name, message) => {
    expect(await runCommands(name)).toEqual({
      code: 2,
      out: '',
      err: `nestjs-graceful: ${message}\n`,
    });
  });

  it('says wrong arguments in one line, without a stack', async () => {
    expect(await runCommands('refuse')).toEqual({
      code: 2,
      out: '',
      err: 'nestjs-graceful: --loud is unknown\n',
    });
  });
});
