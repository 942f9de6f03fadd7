import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { ARMS, MAJORS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(MAJORS)('on Nest $nestMajor', (cell) => {
  it('a long poll whose client has left holds nobody up', async () => {
    const ends = ARMS.map(async (arm) => {
      const program = startArm(cell, arm, 'left-poll');
      const { port } = await program.event('listening');
      const client = connect(port as number, '127.0.0.1');
      client.write('GET /poll HTTP/1.1\r\nHost: news\r\n\r\n');
      await program.event('begun');
      client.destroy();
      await program.event('left');
      program.signal('SIGTERM');
      const { code, signal } = await program.end;
      return { end: code ?? signal, log: program.log.join('\n') };
    });

    const [plain, graceful] = await Promise.all(ends);
    expect(plain.end).toBe('SIGTERM');
    expect(graceful.end).toBe(0);
    expect(graceful.log).not.toMatch(/cut|abandoned/);
  });
});
