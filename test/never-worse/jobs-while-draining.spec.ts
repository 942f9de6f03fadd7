import { afterAll, afterEach, expect, it } from '@jest/globals';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { redis, redisAddress, removeKeys } from '../support/redis.js';
import { describeWith } from '../support/services.js';
import { killStarted } from '../support/started-program.js';

const prefix = `pair_${process.pid}_${Date.now().toString(36)}`;
let count = 0;

afterEach(killStarted);

describeWith(redis, () => {
  afterAll(() => removeKeys(`bull:${prefix}*`));

  /** Ten short jobs wait, and a request holds up the drain; returns how many began since SIGTERM. */
  async function begunSinceSignal(cell: Cell, arm: Arm, maker: string): Promise<number> {
    const queue = `${prefix}_${(count += 1)}`;
    const told = { maker, queue, connection: redisAddress };
    const program = startArm(cell, arm, 'services/short-jobs', told);
    await program.event('job');
    const answer = program.get('/slow');
    await program.event('asked');
    const before = program.names().filter((name) => name === 'job').length;
    program.signal('SIGTERM');
    expect(await answer).toMatchObject({ body: 'answered' });
    await program.end;
    return program.names().filter((name) => name === 'job').length - before;
  }

  // One may be between Redis and its handler at that moment.
  it.each(MAJORS)(
    'on Nest $nestMajor no job begins, though no worker is a provider',
    async (cell) => {
      const [inFile, held, plain] = await Promise.all([
        begunSinceSignal(cell, 'with the module', 'processor in a file'),
        begunSinceSignal(cell, 'with the module', 'private worker of a service'),
        begunSinceSignal(cell, 'plain Nest', 'processor in a file'),
      ]);

      expect(inFile).toBeLessThanOrEqual(1);
      expect(held).toBeLessThanOrEqual(1);
      expect(plain).toBeGreaterThan(2); // the control
    },
  );
});
