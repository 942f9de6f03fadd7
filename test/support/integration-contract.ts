import { it } from '@jest/globals';
import { integrationContract } from '../../lib/testing/integration-contract.js';
import type { IntegrationRig } from '../../lib/testing/integration-rig.js';

/** The contract suite as tests of Jest. */
export function itKeepsTheContract(rig: IntegrationRig): void {
  // Above the suite's own patience, so that its failures have their names.
  for (const { name, run } of integrationContract(rig)) it(name, run, 30_000);
}
