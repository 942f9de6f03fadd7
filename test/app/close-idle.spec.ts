import { describe, expect, it } from '@jest/globals';
import type { Provider } from '@nestjs/common';
import { stopped } from '../support/teardown-app.js';

/** Counts who looks whether it is a client of a database. */
function watched(): { provider: Provider; readonly looks: number } {
  const seen = { looks: 0 };
  const value = new Proxy(
    {},
    {
      get: (target, key, receiver) => {
        if (key === '$disconnect') seen.looks += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    },
  );
  return {
    provider: { provide: 'watched', useValue: value },
    get looks() {
      return seen.looks;
    },
  };
}

describe('the search for clients of databases', () => {
  it('is not made when an application closes that has nothing to do then', async () => {
    const object = watched();
    await stopped({ providers: [object.provider] });
    expect(object.looks).toBe(0);
  });

  it('is made once for all hooks when there are any', async () => {
    const object = watched();
    const hook = { onModuleDestroy: () => undefined, onApplicationShutdown: () => undefined };
    await stopped({ providers: [object.provider, { provide: 'hook', useValue: hook }] });
    expect(object.looks).toBeGreaterThan(0);
  });
});
