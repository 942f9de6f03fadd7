import { afterEach, expect, it, jest } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

afterEach(() => void jest.useRealTimers());

describeOnPlatforms((target) => {
  // Fastify's own close() never ends without the real ones, on plain Nest either (avvio 9 uses both).
  const doNotFake = target.platform === 'Fastify' ? (['nextTick', 'queueMicrotask'] as const) : [];
  const fake = () => jest.useFakeTimers({ doNotFake: [...doNotFake] });

  it.each([
    ['plain Nest', null],
    ['the module', {}],
  ])('app.close() needs none of the timers that Jest has replaced: %s', async (_arm, options) => {
    const app = await HttpApp.start({ ...target, options });
    fake();

    await app.app.close();

    expect(jest.getTimerCount()).toBe(0);
  });

  it('work is waited for, and then it ends', async () => {
    const app = await HttpApp.start(target);
    const work = app.graceful.hold('some work');
    fake();

    const closed = app.app.close();
    work.release();
    await closed;

    expect(app.report).toMatchObject({ outcome: 'clean' });
  });
});
