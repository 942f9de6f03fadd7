import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const HOOKS = ['saving', 'saved', 'flushed', 'ended'];

async function run(cell: Cell, arm: Arm, told: object) {
  const settings = { ...told, rpcPort: await freePort() };
  const program = startArm(cell, arm, 'services/own-end', settings);
  const { code } = await program.end;
  return { code, names: program.names().filter((name) => name !== 'listening') };
}

/** Nobody waits for what awaits the end of everything, or its `process.exit()` would come before the hooks. */
describe.each(MAJORS)(
  'on Nest $nestMajor, work that ends the process behind await app.close()',
  (cell) => {
    it.each([
      'a message',
      'a message to a gateway',
      'a listener',
      'a cron run',
      'a tracked task',
      'a tracked task of an event',
    ])('does so after the hooks: %s', async (way) => {
      const runs = await Promise.all([
        run(cell, 'plain Nest', { way }),
        run(cell, 'with the module', { way }),
        run(cell, 'with the module', { way, injected: true }),
      ]);
      const right = { code: 0, names: ['asked', ...HOOKS, 'closed'] };
      expect(runs).toEqual([right, right, right]);
    });

    it('does so after the hooks: a request, where Nest forces connections to close', async () => {
      const told = { way: 'a request', forced: true };
      const runs = await Promise.all([
        run(cell, 'plain Nest', told),
        run(cell, 'with the module', { ...told, injected: true }),
      ]);
      const right = { code: 0, names: ['asked', ...HOOKS, 'closed'] };
      expect(runs).toEqual([right, right]);
    });

    it('does so at all: a request, for which its server waits', async () => {
      const told = { way: 'a request' };
      const settings = { ...told, rpcPort: await freePort() };
      const plain = startArm(cell, 'plain Nest', 'services/own-end', settings);
      const module = await run(cell, 'with the module', { ...told, injected: true });
      const before = ['asked', 'saving', 'saved', 'flushed'];
      expect(module).toEqual({ code: 0, names: [...before, 'closed'] });

      // The control: it goes no further, and never ends.
      await plain.event('flushed');
      expect(await Promise.race([plain.end, sleep(1_000)])).toBeUndefined();
      expect(plain.names()).toEqual(['listening', ...before]);
    });

    it('waits for other work first', async () => {
      const told = { way: 'a message to a gateway', busy: true };
      const [plain, ...modules] = await Promise.all([
        run(cell, 'plain Nest', told),
        run(cell, 'with the module', told),
        run(cell, 'with the module', { ...told, injected: true }),
      ]);
      const before = ['work begun', 'asked'];
      const right = { code: 0, names: [...before, 'work done', ...HOOKS, 'closed'] };
      expect(modules).toEqual([right, right]);
      // The control: its hooks run beside the work.
      expect(plain.names.slice(0, 4)).toEqual([...before, 'saving', 'work done']);
    });
  },
);
