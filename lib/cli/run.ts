import { nearest } from '../errors/nearest.js';
import { EXIT, type Terminal } from './command.js';
import { COMMANDS, type CommandRow } from './commands.js';
import { UsageError } from './usage-error.js';

/**
 * Runs the command line `nestjs-graceful …`.
 *
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  commands: readonly CommandRow[] = COMMANDS,
): Promise<number> {
  try {
    return await dispatch(args, terminal, commands);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`nestjs-graceful: ${error.message}\n`);
    return EXIT.unusable;
  }
}

async function dispatch(
  [first, ...rest]: readonly string[],
  terminal: Terminal,
  commands: readonly CommandRow[],
): Promise<number> {
  if (first === undefined) {
    terminal.err(`${overview(commands)}\n`);
    return EXIT.unusable;
  }
  if (isHelp(first) || first === 'help') {
    const [asked] = rest;
    const text = asked === undefined ? overview(commands) : (await load(asked, commands)).help;
    terminal.out(`${text}\n`);
    return EXIT.clean;
  }
  const command = await load(first, commands);
  if (rest.some(isHelp)) {
    terminal.out(`${command.help}\n`);
    return EXIT.clean;
  }
  return command.run(rest, terminal);
}

async function load(name: string, commands: readonly CommandRow[]) {
  const row = commands.find((one) => one.name === name);
  if (row) return (await row.load()).command;
  const names = commands.map((one) => one.name);
  const guess = nearest(name, names);
  throw new UsageError(
    `there is no command '${name}'. ${guess ? `Did you mean '${guess}'?` : `There are: ${names.join(', ')}.`}`,
  );
}

function isHelp(arg: string): boolean {
  return arg === '--help' || arg === '-h';
}

function overview(commands: readonly CommandRow[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: nestjs-graceful <command> [options]',
    '',
    'Commands:',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'nestjs-graceful <command> --help tells the options of each.',
    'Exit codes: 0 clean, 1 something was found, 2 wrong usage or an unreadable file.',
  ].join('\n');
}
