// What the module adds to the start and the end of applications of several shapes and sizes, and to their heap.
//
//   node bench/boot.mjs [--platform express] [--rounds 9] [--shapes flat,hooks,…] [--save yes]
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { Program } from './support/process.mjs';
import { circumstances, save } from './support/results.mjs';
import { SHAPES, summarize } from './summaries/boot.mjs';

const options = parseOptions({
  platform: 'express',
  rounds: 9,
  shapes: Object.keys(SHAPES).join(','),
  save: 'yes',
});
const shapes = options.shapes.split(',');
for (const name of shapes) {
  if (name in SHAPES) continue;
  console.error(`No shape "${name}"; there are ${Object.keys(SHAPES).join(', ')}`);
  process.exit(2);
}

/** The second is the first again: how far apart the two are is how well this can be measured at all. */
const arms = {
  without: 'plain Nest',
  'without, again': 'plain Nest',
  with: 'nestjs-graceful',
};

await prepare();
const result = { bench: 'boot', ...circumstances(options), runs: [] };
for (const shape of shapes) {
  for (let round = 0; round <= options.rounds; round++) {
    for (const [arm, contender] of Object.entries(arms)) {
      const figures = await measure(SHAPES[shape], contender);
      if (round > 0) result.runs.push({ shape, round, arm, ...figures }); // the first reads everything from disk
    }
  }
}
if (options.save === 'yes') save('boot', result);
console.log(summarize(result));

async function measure({ providers, modules = 50, injected = 2, hooks, chain }, contender) {
  const app = await Program.startApp('bootstrap', {
    execArgv: ['--expose-gc'],
    env: {
      PLATFORM: options.platform,
      CONTENDER: contender,
      MODULES: String(modules),
      PROVIDERS: String(providers),
      INJECTED: String(injected),
      HOOKS: hooks ? 'yes' : 'no',
      CHAIN: chain ? 'yes' : 'no',
      END: 'yes',
    },
  });
  const { event: _, ...start } = await app.fact('measured');
  const { event: __, ...end } = await app.fact('ended');
  await app.kill();
  return { ...start, ...end };
}
