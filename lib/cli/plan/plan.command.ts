import { clearTimeout, setTimeout } from 'node:timers';
import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { findEntry, type Entry } from '../entry/find-entry.js';
import type { Message } from '../entry/job.js';
import { startEntry } from '../entry/start.js';
import { planText, type MadePlan } from './plan-text.js';
import { UsageError } from '../usage-error.js';
import { createPlan } from '../../report/plan.js';

const DEFAULT_TIMEOUT_S = 15;
/** How much later than it should have ended by itself the application is killed, in milliseconds. */
const PATIENCE_MS = 5_000;

const OPTIONS = {
  init: { type: 'boolean' },
  json: { type: 'boolean' },
  mermaid: { type: 'boolean' },
  timeout: { type: 'string' },
} as const;

const HELP = `Usage: nestjs-graceful plan [entry] [options] [-- arguments of the application]

Prints how an application will stop: its phases and tasks, their order and times, and what a platform has to know. The
application is started in a process of its own, with its own Nest, as far as NestFactory.create() and what main.ts does
before listen(). Nothing listens, and no init hook runs.

  entry          the built program, its folder, or a project of nest-cli.json;
                 by default what nest-cli.json builds, or what package.json starts
  --init         run the init hooks as well: for what they make, such as workers
  --json         as JSON, which nestjs-graceful/plan.schema.json describes
  --mermaid      as a flowchart for https://mermaid.js.org
  --timeout <s>  how long it may take, in seconds (${DEFAULT_TIMEOUT_S})

An application that does not have GracefulModule is given it.
Exit codes: 0 the plan was made, 2 wrong usage, or the application could not be made.`;

export const command: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, entry, rest } = parse(args);
  if (values.json && values.mermaid)
    throw new UsageError('--json and --mermaid exclude each other');
  const found = findEntry(terminal.cwd, entry);
  const made = await makePlan(found, rest, { ...settings(values), terminal });
  if (made === undefined) return EXIT.unusable;
  terminal.out(`${drawn(made, found, values, terminal.cwd)}\n`);
  return EXIT.clean;
}

interface Values {
  readonly init?: boolean;
  readonly json?: boolean;
  readonly mermaid?: boolean;
  readonly timeout?: string;
}

function parse(args: readonly string[]) {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  const { values, positionals } = commandArguments(own, OPTIONS);
  if (positionals.length > 1) {
    throw new UsageError(`one entry at most, not ${positionals.join(' and ')}`);
  }
  return { values, entry: positionals[0], rest: end < 0 ? [] : args.slice(end + 1) };
}

function settings({ init = false, timeout = String(DEFAULT_TIMEOUT_S) }: Values) {
  const seconds = Number(timeout);
  if (seconds > 0 && Number.isFinite(seconds)) return { init, timeoutMs: seconds * 1_000 };
  throw new UsageError(`expected --timeout to be a number of seconds above 0, got '${timeout}'`);
}

function drawn(made: MadePlan, entry: Entry, { json, mermaid }: Values, cwd: string): string {
  if (json) return JSON.stringify(made.plan, undefined, 2);
  if (mermaid) return createPlan(made.plan).toMermaid();
  return planText(made, entry, cwd);
}

interface Making {
  readonly init: boolean;
  readonly timeoutMs: number;
  readonly terminal: Terminal;
}

/** Undefined when it could not be made, which has been said then. */
async function makePlan(
  { file }: Entry,
  args: readonly string[],
  { init, timeoutMs, terminal }: Making,
): Promise<MadePlan | undefined> {
  const { cwd, env } = terminal;
  const messages: Message[] = [];
  const job = { entry: file, kind: 'plan', addModule: true, init, timeoutMs } as const;
  const onMessage = (message: Message) => void messages.push(message);
  const { child, said } = startEntry(file, job, { cwd, env, args, onMessage });
  // A program that blocks its own event loop hears no timer.
  const lastWord = setTimeout(() => child.kill('SIGKILL'), timeoutMs + PATIENCE_MS);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(lastWord);

  const made = messages.find((message) => message.event === 'plan');
  const added = messages.some((message) => message.event === 'created' && message.added);
  if (made) return { ...made, added } as unknown as MadePlan;
  const failed = messages.find((message) => message.event === 'failed');
  terminal.err(`${said().trimEnd()}\n\nnestjs-graceful plan: ${failureText(failed, file)}\n`);
  return undefined;
}

function failureText(
  failed: Extract<Message, { event: 'failed' }> | undefined,
  file: string,
): string {
  if (!failed) return `${file} ended without an application; what it said is above.`;
  const { provider, message } = failed;
  if (provider === undefined) return `${message}; what the application said is above.`;
  return (
    `the provider ${provider} could not be made: ${message}. ` +
    `If it needs a server, start that, or give the application what it takes to do without; what it said is above.`
  );
}
