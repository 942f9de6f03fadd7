import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

/** One worker with a request in flight when `stop` is called. The program ends when worker and primary have. */
async function stopped(
  cell: Cell,
  arm: Arm,
  stop: (program: StartedProgram, worker: number) => void,
  settings: object = {},
) {
  const program = startArm(cell, arm, 'cluster', settings);
  const { pid } = await program.event('worker');
  const answer = program.get('/slow');
  await program.event('begun');
  stop(program, pid as number);
  const { body } = await answer;
  await program.end;
  return { body, destroyed: program.names().includes('destroyed') };
}

describe.each(MAJORS)('a worker of node:cluster on Nest $nestMajor', (cell) => {
  it('drains when its primary, which has no listener, gets the same signal and dies first', async () => {
    const [rr, none] = await Promise.all(
      ['rr', 'none'].map((policy) =>
        stopped(
          cell,
          'with the module',
          (program, worker) => {
            program.signal('SIGTERM'); // the primary first, which is the worse
            program.signal('SIGTERM', worker);
          },
          { policy },
        ),
      ),
    );
    for (const one of [rr, none]) expect(one).toEqual({ body: 'answered', destroyed: true });
  });

  it.each(['cluster.disconnect', 'worker.disconnect'])('shuts down on %s()', async (command) => {
    const [plain, withTheModule] = await Promise.all(
      ARMS.map((arm) => stopped(cell, arm, (program) => program.send(command))),
    );
    expect(plain).toEqual({ body: 'answered', destroyed: false }); // Node lets it run out
    expect(withTheModule).toEqual({ body: 'answered', destroyed: true });
  });
});

it('drains when its primary is killed, where Node ends it at once', async () => {
  const [cell] = MAJORS as [Cell];
  const [plain, withTheModule] = await Promise.all(
    ARMS.map((arm) => stopped(cell, arm, (program) => program.kill())),
  );
  expect(plain).toEqual({ body: undefined, destroyed: false });
  expect(withTheModule).toEqual({ body: 'answered', destroyed: true });
});
