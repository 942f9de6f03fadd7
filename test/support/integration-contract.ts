import type { INestApplicationContext } from '@nestjs/common';
import { it } from '@jest/globals';
import { GracefulSources } from '../../lib/graceful.sources.js';
import type { Integration } from '../../lib/integrations/integration.js';
import { integrationContract } from '../../lib/testing/integration-contract.js';
import type { IntegrationRig } from '../../lib/testing/integration-rig.js';

/** The contract suite as tests of Jest. */
export function itKeepsTheContract(rig: IntegrationRig): void {
  // Above the suite's own patience, so that its failures have their names.
  for (const { name, run } of integrationContract(rig)) it(name, run, 30_000);
}

/** Leaves out the integrations that an application has by itself: only these look for their sources. */
export const attachOnly =
  (integrations: readonly Integration[]) =>
  (app: INestApplicationContext): void => {
    const sources = app.get(GracefulSources);
    sources.discover = () => {
      for (const integration of integrations) integration.attach(sources);
    };
  };
