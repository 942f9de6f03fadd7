import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { findEntry } from '../entry/find-entry.js';
import { StartError } from './instance.js';
import { platformNamed } from './platforms.js';
import { keptIn, outputsOf } from './outputs.js';
import { Rehearsing, type RehearsalOptions } from './rehearsal.js';
import { UsageError } from '../usage-error.js';

const OPTIONS = {
  platform: { type: 'string', default: 'kubernetes' },
  grace: { type: 'string' },
  lag: { type: 'string' },
  replicas: { type: 'string', default: '3' },
  rate: { type: 'string', default: '100' },
  seed: { type: 'string' },
  path: { type: 'string', multiple: true },
  timeout: { type: 'string', default: '30' },
  json: { type: 'boolean', default: false },
  junit: { type: 'string' },
  markdown: { type: 'string' },
  html: { type: 'string' },
  events: { type: 'string' },
  from: { type: 'string' },
} as const;

const HELP = `Usage: nestjs-graceful rehearse [entry] [options] [-- arguments of the application]

Replaces every instance of an application under load, as a rolling deploy does: once with GracefulModule, which is added
where the application does not have it, and once without. Each is an own process with the application's own Nest, on a
free port. A forwarder stands before them that hears of a stop late, with a round trip of 10 ms; half of the requests
come on kept connections, half on new ones, at a rate that does not wait for answers. Nothing is sent twice.

  entry            the built program, its folder, or a project of nest-cli.json;
                   by default what nest-cli.json builds, or what package.json starts
  --platform <p>   whose habits: kubernetes (default), ecs, cloud-run, heroku, nomad
  --grace <s>      from SIGTERM to SIGKILL; by default the platform's
  --lag <s>        how late the forwarder learns of a stop, at most; by default the platform's
  --replicas <n>   how many instances (3)
  --rate <n>       requests a second (100)
  --path <path>    ask for this path, which may be given more than once;
                   by default the GET routes that need no parameter and answer at rest
  --seed <n>       of the requests and the lags, to run the same again
  --timeout <s>    how long an instance may take to listen (30)
  --json           the result as JSON, which nestjs-graceful/rehearsal.schema.json describes
  --junit <file>   writes JUnit's XML there
  --markdown <file>  appends a summary to it, such as "$GITHUB_STEP_SUMMARY"
  --html <file>    writes one page for a browser: a lane for each instance, what was asked for, and what was lost
  --events <file>  keeps the result and all that happened, as JSON
  --from <file>    rehearses nothing, and makes the outputs again of what --events has kept

Exit codes: 0 nothing was lost with the module and something without it; 1 something was lost, killed or ended badly with
it; 2 wrong usage, or the application did not start; 3 inconclusive; 130 interrupted.`;

const INTERRUPTED = 130;

export const command: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const end = args.indexOf('--');
  const given = commandArguments(end < 0 ? args : args.slice(0, end), OPTIONS);
  const outputs = outputsOf(given.values, terminal);
  if (given.values.from !== undefined) return outputs.write(keptIn(given.values.from, terminal));
  const options = parse(given, end < 0 ? [] : args.slice(end + 1), terminal.cwd);
  const rehearsing = new Rehearsing(options, terminal);
  const interrupt = interrupted();
  try {
    const result = await Promise.race([rehearsing.run(), interrupt.promise]);
    if (result === 'interrupted') {
      await rehearsing.end();
      process.exit(INTERRUPTED); // the load and the rollout still wait for something
    }
    return outputs.write(result);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    terminal.err(`nestjs-graceful rehearse: ${error.message}\n`);
    return EXIT.unusable;
  } finally {
    interrupt.forget();
    await rehearsing.end();
  }
}

/** Ctrl-C ends the rehearsal, and all that it has started. */
function interrupted() {
  let interrupt = (): void => undefined;
  const promise = new Promise<'interrupted'>((resolve) => {
    interrupt = () => resolve('interrupted');
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const forget = () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  };
  return { promise, forget };
}

function parse(
  { values, positionals }: ReturnType<typeof commandArguments<typeof OPTIONS>>,
  args: readonly string[],
  cwd: string,
): RehearsalOptions {
  if (positionals.length > 1) {
    throw new UsageError(`one entry at most, not ${positionals.join(' and ')}`);
  }
  const platform = platformNamed(values.platform);
  const graceMs = values.grace === undefined ? platform.graceMs : msOf('--grace', values.grace);
  const { path: paths = [] } = values;
  const wrong = paths.find((path) => !path.startsWith('/'));
  if (wrong !== undefined)
    throw new UsageError(`expected --path to begin with '/', got '${wrong}'`);
  return {
    file: findEntry(cwd, positionals[0]).file,
    args,
    ...{ platform, graceMs, paths },
    lagMs: lagOf(platform.lagMs, values.lag),
    replicas: countOf('--replicas', values.replicas, 1, 20),
    ratePerSecond: countOf('--rate', values.rate, 1, 10_000),
    seed: values.seed === undefined ? randomSeed() : countOf('--seed', values.seed, 0, 2 ** 31),
    readyWithinMs: msOf('--timeout', values.timeout),
  };
}

/** A longest lag that is set moves the shortest with it. */
function lagOf([shortest, longest]: readonly [number, number], given: string | undefined) {
  const most = given === undefined ? longest : msOf('--lag', given, 0);
  return [Math.min(shortest, most), most] as const;
}

function msOf(name: string, text: string, least = 0.001): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= least && seconds <= 3_600)
    return Math.round(seconds * 1_000);
  throw new UsageError(`expected ${name} to be a number of seconds, got '${text}'`);
}

function countOf(name: string, text: string, least: number, most: number): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= least && count <= most)
    return count;
  throw new UsageError(
    `expected ${name} to be a whole number from ${least} to ${most}, got '${text}'`,
  );
}

function randomSeed(): number {
  return Math.floor(Math.random() * 1_000_000);
}
