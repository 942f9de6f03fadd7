// How long `app.close()` of an idle application takes, the first of a process and later ones, and what it costs when
// there are many hooks that do nothing.
//
//   node bench/close.mjs [--platform express] [--rounds 5] [--closes 40] [--hooksRounds 7] [--hooks 1000,5000] [--save yes]
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/close.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 5,
  closes: 40,
  hooksRounds: 7,
  hooks: '1000,5000',
  save: 'yes',
});

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = {
  without: 'plain Nest',
  'without, again': 'plain Nest',
  with: 'nestjs-graceful',
};

await prepare();
const result = { bench: 'close', ...circumstances(options), runs: [] };
for (let round = 1; round <= options.rounds; round++) await idle(round);
for (let round = 1; round <= options.hooksRounds; round++) {
  for (const hooks of options.hooks.split(',')) await withHooks(round, Number(hooks));
}
if (options.save === 'yes') save(`close-${options.platform}`, result);
console.log(summarize(result));

/** One process for each arm, all of them alive at once; each closes an application in turn. */
async function idle(round) {
  const programs = await startAll(0);
  for (let close = 0; close <= options.closes; close++) {
    for (const [arm, program] of programs) {
      result.runs.push({ round, hooks: 0, close, arm, ...(await program.ask('close')) });
    }
  }
  await Promise.all(programs.map(([, program]) => program.kill()));
}

/** A process ends once, so only the first close of each counts. */
async function withHooks(round, hooks) {
  const programs = await startAll(hooks);
  for (const [arm, program] of programs) {
    result.runs.push({ round, hooks, close: 0, arm, ...(await program.ask('close')) });
  }
  await Promise.all(programs.map(([, program]) => program.kill()));
}

async function startAll(hooks) {
  const programs = [];
  for (const [arm, contender] of Object.entries(arms)) {
    const env = { PLATFORM: options.platform, CONTENDER: contender, HOOKS: String(hooks) };
    programs.push([arm, await Program.startApp('close', { env })]);
  }
  return programs;
}
