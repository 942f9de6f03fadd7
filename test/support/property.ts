import fc from 'fast-check';

/** How many random cases a property is tried on; `FC_RUNS=5000` before a release. */
const RUNS = Number(process.env['FC_RUNS'] ?? 150);

/**
 * Tries a property on random values. A failure shows the smallest counterexample and the seed; `FC_SEED=…` in front of
 * the test command repeats the run.
 */
export async function check<T>(
  values: fc.Arbitrary<T>,
  property: (value: T) => void | Promise<void>,
): Promise<void> {
  const given = process.env['FC_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  await fc.assert(
    fc.asyncProperty(values, async (value) => property(value)),
    { numRuns: RUNS, seed },
  );
}
