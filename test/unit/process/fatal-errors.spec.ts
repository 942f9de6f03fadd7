import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { fatalReason } from '../../../lib/process/fatal-errors.js';
import { describeReason } from '../../../lib/engine/reason.js';
import { runBesideSources } from '../../support/source-program.js';

const describeThrown = (thrown: unknown) =>
  describeReason(fatalReason('uncaughtException', thrown));

describe('the reason', () => {
  it('is data, with the kind and the message of the error', () => {
    expect(fatalReason('unhandledRejection', new TypeError('boom'))).toEqual({
      kind: 'fatal',
      trigger: 'unhandledRejection',
      error: 'TypeError: boom',
    });
  });

  it.each<[string, unknown, string]>([
    ['an error', new Error('boom'), 'Error: boom'],
    ['an error of another realm', runInNewContext("new RangeError('far')"), 'RangeError: far'],
    [
      'an error of many lines',
      new Error('syntax error\n  at line 1\n'),
      'Error: syntax error at line 1',
    ],
    ['an error with a code only', Object.assign(new Error(), { code: 'EPIPE' }), 'Error: EPIPE'],
    ['an error with nothing', new Error(), 'Error'],
    ['an error-like object', { message: 'boom' }, 'Error: boom'],
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a symbol', Symbol('boom'), 'Symbol(boom)'],
    ['an object, without what is in it', { password: 'secret' }, 'an object (Object)'],
    ['an object without a prototype', Object.create(null), 'an object (Object)'],
    [
      'an object that can not be looked at',
      new Proxy({}, { get: () => fail() }),
      'a thrown value that has no text',
    ],
  ])('tells %s in one line', (_what, thrown, text) => {
    expect(describeThrown(thrown)).toBe(`uncaughtException: ${text}`);
  });

  it('is clipped', () => {
    const text = describeThrown(new Error('x'.repeat(5_000)));
    expect(text).toHaveLength('uncaughtException: '.length + 200);
    expect(text).toMatch(/x…$/);
  });
});

function fail(): never {
  throw new Error('not to be looked at');
}

describe('in a real process', () => {
  /** Runs lines with `web(catches)`, which subscribes an application that finishes with its last expected error. */
  const run = (lines: string, { errors = 1, nodeOptions = [] as string[] } = {}) =>
    runBesideSources(
      ['process', 'engine'],
      `import { describeReason } from './lib/engine/reason.js';
       import { nodeProcess } from './lib/process/node-process.js';
       import { SignalHub } from './lib/process/signal-hub.js';
       import { systemClock } from './lib/time/system-clock.js';
       const hub = new SignalHub(nodeProcess, systemClock);
       const web = (catchesFatalErrors) => {
         let left = ${errors};
         const one = {
           signals: ['SIGTERM'],
           catchesFatalErrors,
           onSignal: () => undefined,
           onForced: () => undefined,
           onRequest: (reason) => console.log(describeReason(reason)),
           onFatalError: (trigger, error, further) => {
             console.log(further ? 'further' : 'first', error.message);
             left -= 1;
             if (left === 0) hub.finished(one, 70);
           },
         };
         return hub.subscribe(one);
       };
       setInterval(() => undefined, 60_000); // only an exit ends it
       ${lines}`,
      { nodeOptions },
    );
  const THROW = `setTimeout(() => { throw new Error('boom'); });`;
  const REJECT = `void Promise.reject(new Error('boom'));`;

  it.each([
    ['nobody has asked for anything else', `web(false); ${THROW}`],
    ['the last who did has left', `web(true)(); ${THROW}`],
    ['nobody has asked, for a rejection', `web(false); ${REJECT}`],
    ['the last who did has left, for a rejection', `web(true)(); ${REJECT}`],
  ])('Node ends it with code 1 and the stack when %s', async (_when, lines) => {
    const { code, stdout, stderr } = await run(lines);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/Error: boom\n +at /);
  });

  it('ends in order, and further errors do not cut that short', async () => {
    const lines = `web(true); web(false); ${THROW} setTimeout(() => { ${REJECT} ${THROW} });`;
    const { code, stdout, stderr } = await run(lines, { errors: 3 });
    expect([code, stderr]).toEqual([70, '']);
    expect(stdout.trim().split('\n')).toEqual([
      ...['uncaughtException: Error: boom', 'uncaughtException: Error: boom'],
      ...['first boom', 'first boom'],
      ...['further boom', 'further boom', 'further boom', 'further boom'],
    ]);
  });

  it.each(['throw', 'strict'])(
    'knows a rejection as one with --unhandled-rejections=%s',
    async (mode) => {
      const nodeOptions = [`--unhandled-rejections=${mode}`];
      const { code, stdout } = await run(`web(true); ${REJECT}`, { nodeOptions });
      expect([code, stdout]).toEqual([70, 'unhandledRejection: Error: boom\nfirst boom\n']);
    },
  );
});
