import { Keeper } from 'nestjs-graceful/testing/rig';
import { DemoDatabase } from './database.js';
import { HELP, parseOptions, UsageError, type DemoOptions } from './options.js';
import { Progress } from './progress.js';
import { report } from './report.js';
import { runVariant, type VariantResult } from './run-variant.js';
import { judge } from './verdict.js';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options !== 'help') return await demo(options);
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}. See --help.\n`);
    return 2;
  }
}

async function demo(options: DemoOptions): Promise<number> {
  const keeper = new Keeper();
  const progress = new Progress(options.json ? process.stderr : process.stdout);
  cleanUpOnTheWayOut(keeper, progress);
  try {
    const database = await DemoDatabase.open(keeper);
    progress.say(introduction(options, database));
    const results: VariantResult[] = [];
    for (const variant of options.variants) {
      results.push(await runVariant(variant, options, database, keeper, progress.watch));
      progress.done();
    }
    const verdict = judge(results);
    process.stdout.write(report(results, verdict, options));
    return verdict.ok ? 0 : 1;
  } finally {
    progress.done();
    await keeper.clean();
  }
}

function introduction(
  { replicas, rounds, rate, graceSeconds, platform, seed }: DemoOptions,
  { label }: DemoDatabase,
): string {
  return (
    `${replicas} replicas (${platform}), each replaced ${rounds}×, ${rate} requests a second, ` +
    `grace period ${graceSeconds} s, ${label}, --seed ${seed}`
  );
}

/** However this process ends, nothing it started stays. A second Ctrl-C ends it at once; then the reaper does the rest. */
function cleanUpOnTheWayOut(keeper: Keeper, progress: Progress): void {
  let leaving = false;
  const leave = (code: number, why: string): void => {
    if (leaving) return; // what fails while everything is being ended is no news
    leaving = true;
    progress.done();
    process.stderr.write(`\n${why}\n`);
    void keeper.clean().finally(() => process.exit(code));
  };
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () =>
      leaving ? process.exit(code) : leave(code, `${signal}, cleaning up`),
    );
  }
  const crash = (error: unknown): void =>
    leave(1, error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  // When whoever reads our output has gone, there is nobody left to show anything to.
  process.stdout.on('error', () => leave(1, 'stdout closed, cleaning up'));
}
