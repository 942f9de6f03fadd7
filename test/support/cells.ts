/**
 * Which part of the tests runs: `first` is that of `npm test`, `rest` that of `npm run test:all`; undefined is everything,
 * as for who names files or projects. Set by `jest.first.config.js` and `jest.rest.config.js`.
 */
const part = process.env['GRACEFUL_TESTS'];

/** What a suite is run on: the first of a grid in `npm test`, all others in `npm run test:all`. */
export function cells<T>(grid: readonly T[]): T[] {
  if (part === 'first') return grid.slice(0, 1);
  return part === 'rest' ? grid.slice(1) : [...grid];
}

/** What stands in no grid, in a file that has one: it runs in `npm test`. */
export function besides(register: () => void): void {
  if (part !== 'rest') register();
}
