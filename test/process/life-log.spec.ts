import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

/** How many lives are killed, and how many end cleanly; `LIVES=100` before a release. */
const LIVES = Number(process.env['LIVES'] ?? 12);
/** Printed with a failure, so that the moments can be repeated: `LIVES_SEED=…`. */
const SEED = Number(process.env['LIVES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** At most so much later than the phase has begun, in milliseconds. */
const MOST_LATER_MS = 200;

afterEach(killStarted);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graceful-lives-'));
});
afterAll(() => rm(folder, { recursive: true }));

const markersIn = (directory: string) =>
  existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.life.json')) : [];

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a life is in when it is killed, and how it comes there. */
interface Moment {
  readonly phase: string;
  readonly settings: object;
  readonly inFlight: string;
  readonly reach: (program: StartedProgram, directory: string) => Promise<unknown>;
}

const signalled = (line: RegExp) => async (program: StartedProgram) => {
  await program.event('started');
  program.signal('SIGTERM');
  await program.line(line);
};
const asked = async (program: StartedProgram) => {
  void program.get('/slow/60000');
  await program.event('slow-start');
};

const MOMENTS: readonly Moment[] = [
  {
    phase: 'starting',
    settings: { init: 'hangs', keepAlive: true },
    inFlight: 'nothing in flight',
    reach: (_program, directory) => eventually('the marker', () => markersIn(directory).length > 0),
  },
  {
    phase: 'ready',
    settings: {},
    inFlight: 'in flight: http 1',
    // A request costs no write: that it is in flight is known with the next of those that come each second.
    reach: async (program) => {
      await asked(program);
      await sleep(1_200);
    },
  },
  {
    phase: 'propagate',
    settings: { options: { platform: 'kubernetes', gracePeriodMs: 60_000 } },
    inFlight: 'nothing in flight',
    reach: signalled(/\] propagate: /),
  },
  {
    phase: 'drain',
    settings: { options: { gracePeriodMs: 60_000 } },
    inFlight: 'in flight: http 1',
    reach: async (program) => {
      await asked(program);
      await signalled(/\] drain: /)(program);
    },
  },
  {
    phase: 'flush',
    settings: { options: { gracePeriodMs: 60_000 }, flush: 'hangs', flushLimitMs: 5_000 },
    inFlight: 'nothing in flight',
    reach: signalled(/\] flush: /),
  },
  {
    phase: 'close',
    settings: { options: { gracePeriodMs: 60_000 }, destroy: 'hangs' },
    inFlight: 'nothing in flight',
    reach: signalled(/\] close: /),
  },
];

const live = (directory: string, settings: object = {}, wrapper?: readonly string[]) => {
  const { options, ...rest } = settings as { options?: object };
  return new StartedProgram(
    12,
    'http-app',
    { ...rest, options: { ...options, lifeLog: directory } },
    wrapper ? { wrapper } : {},
  );
};

const said = (program: StartedProgram) =>
  program.log.filter((line) => line.includes('A former life of this application'));

/** What the next start says of the life before. */
async function next(directory: string): Promise<string[]> {
  const program = live(directory);
  await program.event('started');
  program.signal('SIGTERM');
  await program.end;
  return said(program);
}

describe('a life that is killed', () => {
  it(
    `is named by the next start, in the phase it was in (${LIVES} lives)`,
    async () => {
      const draw = random(SEED);
      for (let life = 0; life < LIVES; life += 1) {
        const moment = MOMENTS[life % MOMENTS.length];
        const directory = join(folder, `killed-${life}`);
        const program = live(directory, moment.settings);
        await moment.reach(program, directory);
        await sleep(draw() * MOST_LATER_MS);
        program.kill();
        await program.end;

        const lines = await next(directory);
        const what = `was killed in ${moment.phase}, after`;
        expect({ seed: SEED, life, lines }).toEqual({
          seed: SEED,
          life,
          lines: [expect.stringContaining(what)],
        });
        expect(lines[0]).toContain(`process ${program.pid}`);
        expect(lines[0]).toContain(moment.inFlight);
        expect(lines[0]).toMatch(/last seen \d+(\.\d)? (ms|s|min) ago; .* MiB of memory/);
        expect(markersIn(directory)).toEqual([]);
      }
    },
    LIVES * 30_000,
  );

  it('is named once, by one of those that start next', async () => {
    const directory = join(folder, 'once');
    const killed = live(directory);
    await killed.event('started');
    killed.kill();
    await killed.end;
    const both = [live(directory), live(directory)];
    await Promise.all(both.map((program) => program.event('started')));
    for (const program of both) program.signal('SIGTERM');
    await Promise.all(both.map(({ end }) => end));
    expect(both.flatMap(said)).toHaveLength(1);
  });

  it('is told from one that has been ended by process.exit()', async () => {
    const directory = join(folder, 'exited');
    const program = live(directory, { destroy: 'exits' });
    await program.event('started');
    program.signal('SIGTERM');
    await program.end;
    expect(await next(directory)).toEqual([
      expect.stringMatching(/ended with exit code \d+ before its shutdown was over in close/),
    ]);
  });
});

describe('a life that ends in order', () => {
  it(
    `leaves nothing behind, and nobody says anything of it (${LIVES} lives)`,
    async () => {
      const directory = join(folder, 'clean');
      const draw = random(SEED);
      const lines: string[] = [];
      for (let life = 0; life < LIVES; life += 1) {
        const program = live(directory);
        await program.event('started');
        await sleep(draw() * MOST_LATER_MS);
        if (life % 3 === 0) program.send('close');
        else program.signal(life % 3 === 1 ? 'SIGTERM' : 'SIGINT');
        if (life % 3 === 0) {
          await program.event('closed');
          program.send('disconnect');
        }
        expect((await program.end).code).toBe(0);
        expect(markersIn(directory)).toEqual([]);
        lines.push(...said(program));
      }
      expect(lines).toEqual([]);
    },
    LIVES * 30_000,
  );

  it('is not mistaken by another process in the same directory for one that is over', async () => {
    const directory = join(folder, 'two');
    const first = live(directory);
    await first.event('started');
    expect(await next(directory)).toEqual([]);
    expect(markersIn(directory)).toHaveLength(1);
    first.signal('SIGTERM');
    expect((await first.end).code).toBe(0);
    expect(markersIn(directory)).toEqual([]);
  });
});

const mount = (kind: string) => [
  ...['unshare', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o ${kind} tmpfs "$0" && exec "$@"`,
];
const canMount =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const describeIf = canMount ? describe : describe.skip;

describeIf('a disk that takes no marker', () => {
  it.each([
    ['is read-only', 'ro'],
    // One page, which the directory's own entry leaves none of.
    ['is full', 'size=4096,nr_inodes=1'],
  ])('because it %s is said once, and changes nothing else', async (_why, kind) => {
    const directory = await mkdtemp(join(folder, 'disk-'));
    const program = live(directory, {}, [...mount(kind), directory]);
    await program.event('started');
    const [pid] = spawnSync('pgrep', ['-P', String(program.pid)])
      .stdout.toString()
      .split('\n');
    program.signal('SIGTERM', pid ? Number(pid) : program.pid);
    expect((await program.end).code).toBe(0);
    expect(program.log.filter((line) => line.includes("lifeLog can't write"))).toHaveLength(1);
  });
});
