import Sequencer from '@jest/test-sequencer';

/**
 * Real processes first: they wait more than they compute, so the rest fills the cores meanwhile; then the long ones, so that no
 * run ends with one on its own. A fresh clone has no timings by which Jest could know.
 */
export default class ProcessesFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const rank = ({ path }) => FIRST.findLastIndex((pattern) => pattern.test(path));
    return sorted.toSorted((one, other) => rank(other) - rank(one));
  }
}

const FIRST = [/\/\.groups\//, /\/test\/process\//, /\/rolling-deploy\./];
