import type { IntegrationHost, ProvidedObject, WorkSource } from '../engine/integration.js';
import { fail } from './expectation.js';

/** The container of an application that has nothing for an integration, and is not to be touched by it. */
export function decoyHost(): IntegrationHost {
  return {
    objects: function* () {
      for (const object of DECOYS) yield provided(object);
    },
    onRpcServer: () => undefined,
    add: ({ name }: WorkSource) => fail(`expected no source, got '${name}'`),
    counter: () => ({
      count: 0,
      begun: 0,
      begin: () => () => undefined,
      within: (_end, call) => call(),
      list: () => [],
      idle: async () => undefined,
    }),
    drained: async () => undefined,
    clock: {
      now: () => 0,
      setTimeout: () => fail('expected no timer, got setTimeout()'),
      clearTimeout: () => undefined,
    },
  };
}

/** What else may be in a container; all of it refuses to be written to. */
const DECOYS: readonly object[] = [
  Object.freeze({}),
  Object.freeze(Object.create(null) as object),
  Object.freeze([]),
  Object.freeze(function provided() {}),
  Object.freeze({ name: 'mail', close: () => undefined, pause: () => undefined }),
  readOnly(() => () => undefined), // has whatever it is asked for, as a mock or a client made by a proxy
  readOnly(() => {
    throw new Error('an object that is not ready yet');
  }),
];

function readOnly(get: () => unknown): object {
  const refuse = () => {
    throw new Error('expected no change to an object of somebody else');
  };
  return new Proxy({}, { get, set: refuse, defineProperty: refuse, deleteProperty: refuse });
}

function provided(object: object): ProvidedObject {
  return { object, names: new Set(), className: '', module: 'AppModule' };
}
