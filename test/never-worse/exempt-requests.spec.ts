import { afterEach, describe, expect, it } from '@jest/globals';
import { ask } from '../support/ask.js';
import { ARMS, CELLS, startArm, type Arm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('what looks like a scrape and writes is work, and a scrape in flight gets its answer', async () => {
    const ends: Array<{ arm: Arm; code: number | null; log: string }> = [];
    await Promise.all(
      ARMS.map(async (arm) => {
        // The rule is the same where the probes have a port of their own.
        const ownPort = cell.platform === 'express';
        const program = startArm(cell, arm, 'not-only-a-scrape', { ownPort });
        const port = (await program.event('listening'))['port'] as number;
        const prometheus = { 'user-agent': 'Prometheus/3.5.0' };
        const post = (path: string, name: string, headers = {}) =>
          ask({ port, method: 'POST', path, headers }, { name });
        const answers = Promise.all([
          post('/metrics', 'push'),
          post('/api/v1/write', 'write', prometheus),
          ask({ port, path: '/metrics', headers: prometheus }),
        ]);
        await Promise.all(
          ['push', 'write', 'scrape'].map((name) => program.event(`${name} begun`)),
        );
        program.signal('SIGTERM');

        // Plain Nest answers the two that write as well, after it has closed their pool.
        const stored = arm === 'plain Nest' ? 'the pool is closed' : 'stored';
        expect({ arm, answers: await answers }).toEqual({
          arm,
          answers: [stored, stored, 'up 1'],
        });
        ends.push({ arm, ...(await program.end), log: program.log.join('\n') });
      }),
    );
    const ours = ends.find(({ arm }) => arm === 'with the module');
    expect(ours?.log).toContain('2 requests in flight');
    expect(ours?.code).toBe(0);
  });
});
