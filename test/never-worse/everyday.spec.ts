import { afterEach, describe, expect, it } from '@jest/globals';
import { CELLS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

async function run(cell: Cell, arm: Arm, situation: string) {
  const program = startArm(cell, arm, 'everyday', { situation });
  if (SIGNALLED.includes(situation)) {
    await program.event('listening');
    program.signal('SIGTERM');
  }
  const { code, signal } = await program.end;
  const names = program.names().filter((name) => name !== 'listening');
  return { code: code ?? signal, names };
}

const HOOKS = ['destroying', 'destroyed', 'shut down'];

/** By situation: how it ends, and what it tells; the same on plain Nest, where nothing else is said. */
const SITUATIONS: ReadonlyArray<readonly [string, number | string, readonly string[]]> = [
  ['a script that closes its context', 0, [...HOOKS, 'done']],
  ['a script that closes nothing', 0, ['done']],
  ['a script with an exit code of its own', 3, [...HOOKS, 'done']],
  ['a script that exits behind close()', 4, [...HOOKS, 'done']],
  ['a script that throws behind close()', 1, [...HOOKS, 'done']],
  ['close() in a bootstrap hook', 0, [...HOOKS, 'closed', 'initialised']],
  ['close() before the first init', 0, [...HOOKS, 'done']],
  ['the same port again', 0, [...HOOKS, '200', ...HOOKS, '200', ...HOOKS, '200', ...HOOKS, 'done']],
  ['nothing is left open', 0, [...HOOKS, 'open: ']],
  ['a socket file', 0, [...HOOKS, 'socket file: false']],
  ['an application in a handler of serverless functions', 0, ['done']],
  ['a forked worker that its parent disconnects', 0, [...HOOKS, 'done', 'worker: 0']],
];

/** These end by a signal: plain Nest raises it again, and the module exits with 0. */
const BY_SIGNAL: ReadonlyArray<readonly [string, readonly string[]]> = [
  ['a child process', ['destroying', 'child gone', 'destroyed', 'shut down']],
  ['a timer of its own', HOOKS],
  ['a slow hook', HOOKS],
];
const SIGNALLED = [...BY_SIGNAL.map(([name]) => name), 'a hook that asks its own server'];

const both = (cell: Cell, situation: string) =>
  Promise.all([run(cell, 'plain Nest', situation), run(cell, 'with the module', situation)]);

describe.each(CELLS)('on Nest $nestMajor with $platform, what everybody does', (cell) => {
  it.each(SITUATIONS)('%s', async (situation, code, names) => {
    const [plain, module] = await both(cell, situation);
    // The Fastify adapter of Nest 11 takes a path for a port, and the bootstrap fails.
    const { nestMajor, platform } = cell;
    const fails = situation === 'a socket file' && nestMajor === 11 && platform === 'fastify';
    expect(module).toEqual(fails ? { code: 1, names: [] } : { code, names });
    expect(plain).toEqual(module);
  });

  it.each(BY_SIGNAL)('%s', async (situation, names) => {
    const [plain, module] = await both(cell, situation);
    expect(module).toEqual({ code: 0, names });
    expect(plain).toEqual({ code: 'SIGTERM', names });
  });

  it.each([['close() twice at once'], ['close() again when it is over']])(
    'the hooks run once: %s',
    async (situation) => {
      const [plain, module] = await both(cell, situation);
      expect(module).toEqual({ code: 0, names: [...HOOKS, 'done'] });
      expect(plain.code).toBe(0);
      expect(plain.names.slice(-1)).toEqual(['done']);
    },
  );

  it('a listener by once()', async () => {
    const [plain, module] = await both(cell, 'a listener by once()');
    expect(module).toEqual({ code: 0, names: ['begun', '200', ...HOOKS, 'done'] });
    // Its hooks run beside the request.
    expect({ ...plain, names: plain.names.toSorted() }).toEqual({
      ...module,
      names: module.names.toSorted(),
    });
  });

  it('a limit: no hook reaches its own server, which has closed before', async () => {
    const [plain, module] = await both(cell, 'a hook that asks its own server');
    expect(plain.names).toEqual(['destroying', '200', 'destroyed', 'shut down']);
    expect(module.names).toEqual(['destroying', 'ECONNREFUSED', 'destroyed', 'shut down']);
  });
});
