import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { describeWith } from '../support/services.js';
import { killStarted, type ProgramEnd } from '../support/started-program.js';
import { postgresAndRedis, postgresUrl, redisUrl, unique } from '../services/servers.js';

afterEach(killStarted);

/** Stops the program of a situation, and says what it told, in order. */
async function stopped(
  cell: Cell,
  arm: Arm,
  situation: string,
  hook = 'onModuleDestroy',
): Promise<{ told: string[]; end: ProgramEnd; log: string }> {
  const key = unique('connections');
  const settings = { situation, hook, postgresUrl, redisUrl, key };
  const program = startArm(cell, arm, 'connections', settings);
  await program.event('listening');
  program.signal('SIGTERM');
  const end = await program.end;
  const told = program.events.map(({ event, what }) =>
    typeof what === 'string' ? `${event}: ${what}` : event,
  );
  return { told: told.slice(1), end, log: program.log.join('\n') };
}

/** The same in both majors and both arms, side by side. */
async function eachOf(situation: string, hook?: string) {
  const runs = MAJORS.flatMap((cell) =>
    ARMS.map(async (arm) => ({ arm, ...(await stopped(cell, arm, situation, hook)) })),
  );
  const all = await Promise.all(runs);
  return {
    plain: all.filter(({ arm }) => arm === 'plain Nest'),
    ours: all.filter(({ arm }) => arm !== 'plain Nest'),
  };
}

describeWith(postgresAndRedis, () => {
  describe('what plain Nest ends in the right order ends so with the module', () => {
    it.each<[string, string, string[]]>([
      ['worker', 'onModuleDestroy', ['written: job', 'queue stopped', 'closed']],
      ['worker', 'onApplicationShutdown', ['written: job', 'queue stopped', 'closed']],
      ['root', 'onApplicationShutdown', ['written: outbox', 'closed']],
      ['poller', '', ['stopped', 'written: drained', 'closed']],
      ['loop', '', ['loop ended']],
      ['a connection for each run', '', ['poller stopped']],
      ['a client of the hook itself', '', ['reported', 'stopped']],
    ])('%s %s', async (situation, hook, expected) => {
      const { plain, ours } = await eachOf(situation, hook);
      for (const { told } of plain) expect(told).toEqual(expected);
      for (const { told, end, log } of ours) {
        expect(told).toEqual(expected);
        expect(end.code).toBe(0);
        expect(log).not.toMatch(/is closed while/);
      }
    });
  });

  describe('what plain Nest loses is written with the module', () => {
    it('by one of two that inject each other', async () => {
      const { ours } = await eachOf('circle');
      for (const { told } of ours) expect(told).toEqual(['written: egg', 'closed']);
    });

    it('by a feature whose root closes the pool in onModuleDestroy, or in the next hook', async () => {
      const { plain, ours } = await eachOf('root', 'beforeApplicationShutdown');
      for (const { told } of [...plain, ...ours]) {
        expect(told).toEqual(['written: outbox', 'closed']);
      }
    });

    it.each(['onModuleDestroy', 'beforeApplicationShutdown'])(
      'when a pool that is in a private field is closed in %s',
      async (hook) => {
        const { plain, ours } = await eachOf('a private pool', hook);
        for (const { told } of plain) expect(told).toEqual(['closed', 'lost: outbox']);
        for (const { told, end, log } of ours) {
          expect(told).toEqual(['written: outbox', 'closed']);
          expect(end.code).toBe(0);
          expect(log).not.toMatch(/is closed while/);
        }
      },
    );

    it('by a transaction in the background, which TypeORM would cut', async () => {
      const { plain, ours } = await eachOf('background');
      for (const { told } of plain) expect(told).not.toContain('committed');
      for (const { told, end } of ours) {
        expect(told).toEqual(['written: transaction', 'committed']);
        expect(end.code).toBe(0);
      }
    });
  });
});
