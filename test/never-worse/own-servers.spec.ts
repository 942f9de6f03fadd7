import { afterEach, describe, expect, it } from '@jest/globals';
import { ask } from '../support/ask.js';
import { ARMS, CELLS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const COUNT = 5;

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('servers that main.ts puts around the instance are drained with the others', async () => {
    const of = async (arm: (typeof ARMS)[number]) => {
      const program = startArm(cell, arm, 'own-servers', { beforeInit: true });
      const ports = (await program.event('listening'))['ports'] as number[];
      const probes = await Promise.all(ports.map((port) => ask({ port, path: '/health/ready' })));
      const answers = Promise.all(ports.map((port) => ask({ port, path: '/orders' })));
      await program.count('begun', COUNT);
      program.signal('SIGTERM');
      const seen = await answers;
      const { code } = await program.end;
      const closed = program.names().filter((name) => name === 'closed by its owner').length;
      return { probes, answers: seen, code, closed, log: program.log.join('\n') };
    };
    const [plain, ours] = await Promise.all(ARMS.map(of));

    // Nest knows nothing of these servers: it closes the pool under their requests.
    expect(new Set(plain.answers)).toEqual(new Set(['the pool is closed']));
    expect(plain.closed).toBe(COUNT);

    expect(ours.log).toContain('5 requests in flight');
    expect(ours).toMatchObject({ answers: Array(COUNT).fill('done'), closed: COUNT, code: 0 });
    expect(ours.log).toContain('clean');
    for (const probe of ours.probes) expect(probe).toContain('"status":"ok"');
  });
});
