import { afterEach, describe, expect, it } from '@jest/globals';
import { CELLS, startArm, type Arm, type Cell } from '../support/pair.js';
import { RUNTIMES, type Runtime } from '../support/runtimes.js';
import { describeWith } from '../support/services.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

const REQUESTS = 20;

/** Some requests that come on connections of their own, and a client that keeps one that is idle. */
async function underWay(program: StartedProgram, path: string, count = REQUESTS) {
  await program.idleConnection('/quick');
  const answers = Array.from({ length: count }, () => program.get(path));
  await program.until(`${count} begun`, () =>
    program.names().filter((name) => name === 'begun').length === count ? true : undefined,
  );
  program.signal('SIGTERM');
  return Promise.all(answers);
}

describe.each(RUNTIMES)('on $name', (runtime: Runtime) => {
  describeWith(runtime, () => {
    const start = (arm: Arm, cell: Cell, settings = {}) =>
      startArm(cell, arm, 'other-runtime', settings, { command: runtime.command });

    it('all requests in flight find their providers open', async () => {
      const ends = CELLS.map(async (cell) => {
        const program = start('with the module', cell);
        const answers = await underWay(program, '/slow');
        const { code } = await program.end;
        const bodies = new Set(answers.map(({ body }) => body));
        const last = program.names().at(-1);
        const clean = /SIGTERM: clean in /.test(program.lastWord);
        return { cell, bodies: [...bodies], last, clean, code };
      });

      const expected = { bodies: ['answered'], last: 'destroyed', clean: true, code: 0 };
      await expect(Promise.all(ends)).resolves.toEqual(
        CELLS.map((cell) => ({ cell, ...expected })),
      );
    });

    it('what does not hold there is said at boot', async () => {
      const program = start('with the module', CELLS[0]);
      const line = await program.line(/requests in flight are finished as on Node, but/);

      expect(line).toContain(`On ${runtime.name} `);
    });

    it('plain Nest closes the providers under the requests', async () => {
      const program = start('plain Nest', CELLS[0]);
      const answers = await underWay(program, '/slow');

      expect(answers.map(({ body }) => body)).not.toContain('answered');
    });

    it('a request that never ends is answered 503 at the deadline, and named', async () => {
      const program = start('with the module', CELLS[0], { gracePeriodMs: 3_000 });
      const [answer] = await underWay(program, '/hangs', 1);
      const { code } = await program.end;

      expect(answer).toMatchObject({ status: 503, connection: 'close' });
      expect(program.lastWord).toMatch(/SIGTERM: forced in .*GET \/hangs/);
      expect(code).toBe(1);
    });
  });
});
