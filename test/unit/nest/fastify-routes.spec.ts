import { describe, expect, it } from '@jest/globals';
import { patternOf } from '../../../lib/nest/fastify-routes.js';

describe("a route's URL", () => {
  it.each([
    ['/health/live', true],
    ['/health/:check', true],
    ['/health/:check?', true],
    ['/health/live/:more?', true],
    ['/:area/:check', true],
    ['/health/:check(live|ready)', true],
    ['/health/:check(^(live|ready)$)', true],
    ['/health/l:rest', true],
    ['/health/*', true],
    ['*', true],
    ['/*', true],
    ['/health/:check(ready)', false],
    ['/health/:check(', false],
    ['/health/:check.json', false],
    ['/health/:a-:b', false],
    ['/health', false],
    ['/health/live/', false],
    ['/health/live/:more', false],
    ['/health/::check', false],
    ['/health/li.e', false],
    ['/:check', false],
  ])('%s answers /health/live: %p', (url, answers) => {
    expect(patternOf(url).test('/health/live')).toBe(answers);
  });

  it('has its colons doubled', () => {
    expect(patternOf('/orders::cancel/:id').test('/orders:cancel/7')).toBe(true);
  });
});
