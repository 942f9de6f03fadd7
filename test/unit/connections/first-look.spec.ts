import { describe, expect, it } from '@jest/globals';
import { FirstLook } from '../../../lib/connections/first-look.js';

class Pool {
  query() {}
  end() {}
}
class OwnPool extends Pool {}
class Service {
  find() {}
}

describe('a first look at an object', () => {
  const look = new FirstLook(['end', 'close']);

  it.each<[string, object]>([
    ['has one itself', { close: () => undefined }],
    ['has one from its class', new Pool()],
    ['has one from a class further up', new OwnPool()],
    ['has one as a getter, which is not called', Object.defineProperty({}, 'end', { get: fails })],
    ['is a function that has one', Object.assign(() => undefined, { end: fails })],
    ['is a proxy, which need not list what it has', new Proxy({}, { get: () => fails })],
    ['inherits from a proxy', Object.create(new Proxy({}, {})) as object],
    ['can not be looked at', revoked()],
  ])('finds one that %s', (_what, object) => {
    expect(look.mayHave(object)).toBe(true);
  });

  it.each<[string, object]>([
    ['has other methods', new Service()],
    ['has nothing', {}],
    ['has no prototype', Object.create(null) as object],
    ['is a list', [1, 2]],
  ])('passes over one that %s', (_what, object) => {
    expect(look.mayHave(object)).toBe(false);
  });

  it('goes by the keys it is given', () => {
    expect(look.mayHave({}, ['end'])).toBe(true);
  });
});

function fails(): never {
  throw new Error('not to be called');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
