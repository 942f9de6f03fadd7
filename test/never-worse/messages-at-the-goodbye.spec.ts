import { afterEach, describe, expect, it } from '@jest/globals';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';
import { RawSocket } from '../support/raw-socket.js';

afterEach(killStarted);

/** Sends until it hears of the end, and what it has sent by then is on its way. */
async function run(cell: Cell, arm: Arm) {
  const program = startArm(cell, arm, 'services/positions');
  const { port } = await program.event('listening');
  const client = await RawSocket.open(port as number);
  const sent = ['before'];
  client.text({ event: 'position', data: 'before' });
  await program.event('handled');
  program.signal('SIGTERM');
  const code = await Promise.race([client.goodbye, client.closed.then(() => undefined)]);
  for (const name of ['under way', 'last']) {
    sent.push(name);
    client.text({ event: 'position', data: name });
  }
  client.sayGoodbye();
  await program.end;
  const handled = program.events.flatMap(({ event, name }) => (event === 'handled' ? name : []));
  return { code, lost: sent.filter((name) => !handled.includes(name)) };
}

describe('what a WebSocket client has sent when it hears of the end', () => {
  it.each(MAJORS)('is handled, on Nest $nestMajor', async (cell) => {
    const [module, plain] = await Promise.all([
      run(cell, 'with the module'),
      run(cell, 'plain Nest'),
    ]);

    expect(module).toEqual({ code: 1012, lost: [] });
    expect(plain).toEqual({ code: undefined, lost: ['under way', 'last'] }); // the control
  });
});
