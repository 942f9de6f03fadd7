import { describe, it } from '@jest/globals';

/** A server or a system feature that a fresh machine may lack. */
export interface Service {
  name: string;
  available: boolean;
  /** How to get it: an environment variable to set, a package to install. */
  hint: string;
  /** What no machine has with this Node: skipped, also where everything is required. */
  notOnThisNode?: boolean;
}

/**
 * `describe` for tests that need a service. Without it they are skipped with a line that says so; where
 * GRACEFUL_REQUIRE_SERVICES=1 promises that all are there, as .ci/run does, a missing one fails.
 */
export function describeWith(service: Service, body: () => void): void {
  const { name, available, hint, notOnThisNode = false } = service;
  if (available) {
    describe(`with ${name}`, body);
  } else if (process.env.GRACEFUL_REQUIRE_SERVICES === '1' && !notOnThisNode) {
    describe(`with ${name}`, () => {
      it('finds it', () => {
        throw new Error(`GRACEFUL_REQUIRE_SERVICES is set and ${name} is missing. ${hint}`);
      });
    });
  } else {
    process.stderr.write(`skipped: no ${name} here. ${hint}\n`);
    describe.skip(`with ${name}`, body);
  }
}
