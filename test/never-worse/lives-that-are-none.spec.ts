import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm } from '../support/pair.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

const program = 'lives-that-are-none';
const ours = (started: StartedProgram) =>
  started.log.filter((line) => line.includes('[Graceful]')).join('\n');
const ended = (started: StartedProgram, of: string) =>
  started.events.filter((event) => event['of'] === of).map(({ event }) => event);

/** Of these there is nothing to end: plain Nest calls no hook of theirs at the signal. */
const UNBORN = [
  'a bootstrap that fails',
  'a bootstrap that fails in a hook',
  'an application made to read its configuration',
  'a testing module',
];
/** These were initialised; on plain Nest nobody has asked for their hooks. */
const FORGOTTEN = ['a context thrown away', 'one whose port is taken'];
const CLOSED = 'one that was closed again';
const HOOKS = ['destroyed', 'shut down'];

describe.each(MAJORS)('on Nest $nestMajor, an application that lives beside others', (cell) => {
  it.each(ARMS)('ends at once, though they never will be ready: %s', async (arm) => {
    const started = startArm(cell, arm, program, { first: [...UNBORN, ...FORGOTTEN, CLOSED] });
    await started.event('listening');
    expect(ended(started, CLOSED)).toEqual(HOOKS);
    expect(ours(started)).not.toMatch(/shutting down|drain:|close:|clean in/);
    started.signal('SIGTERM');

    const { code, signal } = await started.end;
    const isPlain = arm === 'plain Nest';
    expect([code, signal]).toEqual(isPlain ? [null, 'SIGTERM'] : [0, null]);
    expect(ended(started, 'the living one')).toEqual(HOOKS);
    for (const name of UNBORN) expect([name, ended(started, name)]).toEqual([name, []]);
    for (const name of FORGOTTEN) {
      expect([name, ended(started, name)]).toEqual([name, isPlain ? [] : HOOKS]);
    }
    expect(ours(started)).not.toMatch(/forced|bootstrap/);
  });

  it('names the one that it can not wait for, though its logger is off', async () => {
    const settings = { first: ['one whose bootstrap hangs'], quiet: true };
    const started = startArm(cell, 'with the module', program, settings);
    await started.event('listening');
    started.signal('SIGTERM');

    expect((await started.end).code).toBe(1);
    expect(ended(started, 'the living one')).toEqual(HOOKS);
    expect(ours(started)).toMatch(/SIGTERM: forced in .*cut: bootstrap \(abandoned/);
  });
});

describe.each(MAJORS)('on Nest $nestMajor, SIGTERM while the database is away at boot', (cell) => {
  it.each([
    ['plain Nest', 'a provider', null],
    ['with the module', 'a provider', 0],
    ['with the module', 'an init hook', 1],
  ] as const)('%s does not wait for %s that asks again and again', async (arm, where, code) => {
    const started = startArm(cell, arm, 'boot-interrupted', { where });
    await started.event('try 1');
    if (arm !== 'plain Nest') await started.line(/GracefulModule dependencies initialized/);
    started.signal('SIGTERM');

    expect((await started.end).code).toBe(code);
    expect(started.names()).toEqual(['try 1']);
  });
});

describe.each(MAJORS)('on Nest $nestMajor, a hybrid that only starts its microservices', (cell) => {
  it.each([{ deferred: false }, { deferred: true }])(
    'says at boot that it is ready, and ends without a wait: %j',
    async ({ deferred }) => {
      const started = startArm(cell, 'with the module', 'microservices-only', { deferred });
      await started.line(/Ready to drain on/);
      started.signal('SIGTERM');

      expect((await started.end).code).toBe(0);
      expect(started.names()).toEqual(['started', 'destroyed']);
      expect(ours(started)).not.toMatch(/bootstrap/);
    },
  );

  it('answers the message that is in flight', async () => {
    const started = startArm(cell, 'with the module', 'microservices-only', { asks: true });
    await started.event('begun');
    started.signal('SIGTERM');

    expect((await started.end).code).toBe(0);
    expect(started.names()).toEqual(['started', 'begun', 'answered', 'heard', 'destroyed']);
  });
});
