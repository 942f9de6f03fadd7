import { afterEach, expect, it } from '@jest/globals';
import { ARMS, CELLS, type Arm, type Cell } from '../support/pair.js';
import { describeWith } from '../support/services.js';
import { killStarted } from '../support/started-program.js';
import { startInWatt, WATT } from '../support/watt.js';

afterEach(killStarted);

/** An application in a worker thread of Watt, which is stopped with a request in flight. */
async function stopped(cell: Cell, arm: Arm) {
  const { program, port } = await startInWatt(cell, arm, 'watt/app.module');
  const answer = program.get('/slow', port);
  await program.event('begun');
  program.signal('SIGTERM');
  const { body } = await answer;
  const { code } = await program.end;
  return { body, code, destroyed: program.names().includes('destroyed'), log: program.log };
}

describeWith(WATT, () => {
  it.each(CELLS)(
    'the hooks of an application run when Watt stops it, which it never does for plain Nest ($nestMajor, $platform)',
    async (cell) => {
      const [plain, withTheModule] = await Promise.all(ARMS.map((arm) => stopped(cell, arm)));

      expect(plain).toMatchObject({ body: 'answered', code: 0, destroyed: false });
      expect(withTheModule).toMatchObject({ body: 'answered', code: 0, destroyed: true });
      const log = withTheModule?.log.join('\n') ?? '';
      expect(log).toMatch(/WARN.*runs in a worker thread, where no stop signal arrives/);
      expect(log).not.toContain('Ready to drain');
      expect(log).toMatch(/app\.close\(\): clean in /);
    },
  );
});
