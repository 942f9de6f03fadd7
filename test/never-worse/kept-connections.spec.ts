import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ARMS, CELLS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const HEAD = ['POST / HTTP/1.1', 'Host: test', 'Content-Type: application/json'];
const POST = [...HEAD, 'Content-Length: 2', '', '{}'].join('\r\n');

/** A POST is on its way on a kept connection as the signal comes; another one, on which nothing comes, stays beside it. */
async function post(cell: Cell, arm: Arm) {
  const program = startArm(cell, arm, 'kept-connections');
  const [asks, idle] = await Promise.all([
    program.idleConnection('/'),
    program.idleConnection('/'),
  ]);
  const [answer, silence] = [read(asks), read(idle)];
  program.signal('SIGTERM');
  await program.event('busy');
  asks.write(POST);
  const { code, signal } = await program.end;
  return { answer: await answer, silence: await silence, end: code ?? signal };
}

/** All that comes, until the end; and how that was. */
async function read(socket: Socket): Promise<{ text: string; end: string }> {
  let text = '';
  socket.on('data', (data: Buffer) => (text += String(data)));
  const end = await Promise.race([
    once(socket, 'end').then(() => 'FIN'),
    once(socket, 'error').then(([error]) => String((error as NodeJS.ErrnoException).code)),
  ]).catch((error: NodeJS.ErrnoException) => String(error.code));
  return { text, end };
}

describe.each(CELLS)('without a wait, on Nest $nestMajor, $platform', (cell) => {
  it('a POST that meets the end of its connection is answered, and the connection closes', async () => {
    const [plain, module] = await Promise.all(ARMS.map((arm) => post(cell, arm)));

    expect(module).toMatchObject({ silence: { text: '', end: 'FIN' }, end: 0 });
    expect(module?.answer.text).toMatch(/^HTTP\/1\.1 201 .*stored$/s);
    expect(module?.answer.end).toBe('FIN');
    expect(plain?.answer.text).toBe(''); // the control
  });
});
