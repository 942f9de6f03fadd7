// What the module adds to the start of an application with 1,000 providers.
//
//   node bench/bootstrap.mjs [--platform express] [--rounds 25] [--modules 50] [--providers 1000]
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/bootstrap.mjs';

const options = parseOptions({ platform: 'express', rounds: 25, modules: 50, providers: 1_000 });

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = {
  without: 'plain Nest',
  'without, again': 'plain Nest',
  with: 'nestjs-graceful',
  'with, no integrations': 'nestjs-graceful, no integrations',
};

await prepare();
const result = { bench: 'bootstrap', ...circumstances(options), runs: [] };
for (let round = 0; round <= options.rounds; round++) {
  for (const [arm, contender] of Object.entries(arms)) {
    const figures = await measure(contender);
    if (round > 0) result.runs.push({ round, arm, ...figures }); // the first reads everything from disk
  }
}
save('bootstrap', result);
console.log(summarize(result));

async function measure(contender) {
  const { platform, modules, providers } = options;
  const app = await Program.startApp('bootstrap', {
    env: {
      PLATFORM: platform,
      CONTENDER: contender,
      MODULES: String(modules),
      PROVIDERS: String(providers),
    },
  });
  const { event: _, ...figures } = await app.fact('measured');
  await app.kill();
  return figures;
}
