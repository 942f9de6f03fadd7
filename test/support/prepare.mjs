// Makes what the tests need and Jest can't: Nest 11 and 12 with their official packages, the packed package, the
// programs that run as processes, and the libraries of the samples.
//
//   node test/support/prepare.mjs               everything
//   node test/support/prepare.mjs nest-11       only the steps named, in the order below
//
// A step whose inputs did not change costs a few milliseconds.
import { docsSite } from './prepare/docs-site.mjs';
import { kubernetesModels, pm2, watt } from './prepare/hosts.mjs';
import { jobLibraries } from './prepare/jobs.mjs';
import { lowest, lowestPeers } from './prepare/lowest.mjs';
import { nest11, nest12 } from './prepare/nest.mjs';
import { pack } from './prepare/package.mjs';
import { pageApplications } from './prepare/pages.mjs';
import { programs } from './prepare/programs.mjs';
import { runners } from './prepare/runners.mjs';
import { runtimes } from './prepare/runtimes.mjs';
import { sampleLibraries, samples } from './prepare/samples.mjs';
import { starterLibraries, starters } from './prepare/starters.mjs';
import { step } from './prepare/step.mjs';
import { without, withoutLibraries } from './prepare/without.mjs';

// Steps of one line run at the same time: an install mostly waits.
const stages = [
  [
    nest11,
    nest12,
    sampleLibraries,
    lowestPeers,
    starterLibraries,
    runners,
    runtimes,
    pm2,
    watt,
    kubernetesModels,
    jobLibraries,
    withoutLibraries,
    pack,
  ],
  [programs, samples, lowest, starters, without],
  [pageApplications, docsSite],
];
const steps = stages.flat();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((known) => known.name === name));

try {
  if (unknown.length > 0) {
    throw new Error(
      `no step ${unknown.join(', ')}; there are ${steps.map((s) => s.name).join(', ')}`,
    );
  }
  for (const stage of stages) {
    const now = stage.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    await Promise.all(now.map(step));
  }
} catch (error) {
  console.error(`prepare: ${error.message}`);
  process.exitCode = 1;
}
