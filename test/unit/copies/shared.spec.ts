import { expect, it } from '@jest/globals';
import { GracefulModule } from '../../../lib/index.js';
import { shared } from '../../../lib/copies/shared.js';

it('what copies share is made once, and has no properties that a test runner could take away', () => {
  const made = shared('of-this-test:1', () => ({ counts: new Map([['all', 1]]) }));
  expect(shared('of-this-test:1', () => ({ counts: new Map() }))).toBe(made);
  made.counts.set('all', 2);
  expect(made.counts.get('all')).toBe(2);
  expect(Reflect.deleteProperty(made, 'counts')).toBe(false);
});

it('everything that this package shares is of that kind', () => {
  expect(GracefulModule).toBeDefined(); // by which all of it is loaded
  const keys = Reflect.ownKeys(globalThis).filter(
    (key) => typeof key === 'symbol' && key.description?.startsWith('nestjs-graceful:'),
  );
  expect(keys.map(String)).toContain('Symbol(nestjs-graceful:marks:1)');
  for (const key of keys)
    expect([key, Object.isFrozen(Reflect.get(globalThis, key))]).toEqual([key, true]);
});
