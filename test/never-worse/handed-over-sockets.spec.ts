import { afterEach, describe, expect, it } from '@jest/globals';
import { ask } from '../support/ask.js';
import { ARMS, CELLS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('load balancers are waited for where sockets are handed over', async () => {
    const of = async (arm: (typeof ARMS)[number]) => {
      const program = startArm(cell, arm, 'handed-over-sockets');
      const port = (await program.event('listening'))['port'] as number;
      const before = await ask({ port, path: '/orders' });
      program.signal('SIGTERM');
      await program.event('told');
      await new Promise((resolve) => void setTimeout(resolve, 200)); // the balancer has not heard of it yet
      const after = await ask({ port, path: '/orders' });
      return { before, after, code: (await program.end).code, log: program.log.join('\n') };
    };
    const [plain, ours] = await Promise.all(ARMS.map(of));

    expect(plain.before).toBe('done');
    expect(plain.after).not.toBe('done');
    expect(ours).toMatchObject({ before: 'done', after: 'done', code: 0 });
    expect(ours.log).toContain('propagate: ');
  });
});
