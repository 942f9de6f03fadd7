import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted, type ProgramEnd, type StartedProgram } from '../support/started-program.js';

const LINES = 400;
const STREAMS = ['nest', 'console', 'winston', 'thread', 'stderr'];
const [newest] = MAJORS as [Cell];
const folders: string[] = [];

afterEach(async () => {
  await killStarted();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

interface Started {
  readonly program: StartedProgram;
  readonly file: string;
}

async function start(
  cell: Cell,
  arm: Arm,
  settings: { alone?: boolean; hidden?: boolean; hangs?: boolean; flushTimeoutMs?: number } = {},
): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'lines-'));
  folders.push(folder);
  const file = join(folder, 'audit.log');
  const program = startArm(cell, arm, 'lines', { file, lines: LINES, ...settings });
  await program.event('ready');
  return { program, file };
}

/** Nobody reads until everything is written. */
async function stopBehind({ program, file }: Started): Promise<ProgramEnd> {
  program.pauseOutput();
  program.signal('SIGTERM');
  await eventually('the last hook', () => existsSync(`${file}.over`));
  program.resumeOutput();
  return program.end;
}

/** How many lines of each writer have come. */
function counted(log: readonly string[], writers: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    writers.map((writer) => {
      const own = new RegExp(`(^|[ "])${writer} \\d+ x`);
      return [writer, log.filter((line) => own.test(line)).length];
    }),
  );
}

const all = (writers: readonly string[]) =>
  Object.fromEntries(writers.map((writer) => [writer, LINES]));

describe('what the last hook writes, while stdout is a pipe whose reader is behind', () => {
  it.each(MAJORS)('is read to the last line: Nest $nestMajor', async (cell) => {
    const one = await start(cell, 'with the module');
    const { code } = await stopBehind(one);
    const { program, file } = one;

    expect(counted(program.log, STREAMS)).toEqual(all(STREAMS));
    const written = await Promise.all([file, `${file}.pino`].map((path) => readFile(path, 'utf8')));
    const inFiles = written.join('').split('\n');
    expect(counted(inFiles, ['file', 'pino'])).toEqual(all(['file', 'pino']));
    expect(program.lastWord).toMatch(/SIGTERM: clean in /);
    expect(code).toBe(0);
  });

  it.each(
    MAJORS.flatMap((cell) => [
      { ...cell, hidden: false, where: 'a provider' },
      { ...cell, hidden: true, where: 'at the top of a module' },
    ]),
  )('by pino as well, $where: Nest $nestMajor', async ({ hidden, ...cell }) => {
    const one = await start(cell, 'with the module', { alone: true, hidden });
    await stopBehind(one);

    expect(counted(one.program.log, ['pino'])).toEqual(all(['pino']));
    expect(one.program.names().includes('flushed')).toBe(hidden);
  });

  it.each(MAJORS)('also when a second signal ends it: Nest $nestMajor', async (cell) => {
    const one = await start(cell, 'with the module', { hangs: true });
    const { program, file } = one;
    program.pauseOutput();
    program.signal('SIGTERM');
    await eventually('the last hook', () => existsSync(`${file}.over`));
    await sleep(800); // a person's second signal, not one that came with the first
    program.signal('SIGINT');
    program.resumeOutput();
    const { code } = await program.end;

    expect(code).toBe(130);
    expect(counted(program.log, ['nest', 'console', 'stderr'])).toEqual(
      all(['nest', 'console', 'stderr']),
    );
  });

  it('and is lost on plain Nest', async () => {
    const { program } = await start(newest, 'plain Nest');
    program.pauseOutput();
    program.signal('SIGTERM');
    await program.exit;
    program.resumeOutput();
    await program.end;

    expect(counted(program.log, ['nest'])).not.toEqual(all(['nest']));
  });
});

describe('a reader of stdout', () => {
  it('that never reads does not hold the process beyond its time, and is named', async () => {
    const { program } = await start(newest, 'with the module', { flushTimeoutMs: 500 });
    program.pauseOutput('stdout');
    program.signal('SIGTERM');
    const { code, ms } = await program.exit;
    program.resumeOutput();
    await program.end;

    expect(code).toBe(0);
    expect(ms).toBeLessThan(20_000); // the whole grace period
    expect(program.log.join('\n')).toMatch(/stdout was not handed over within \d+ ms/);
  });

  it('that has gone does not end the shutdown', async () => {
    const { program } = await start(newest, 'with the module');
    program.closeOutput();
    program.signal('SIGTERM');

    expect(await program.exit).toMatchObject({ code: 0, signal: null });
  });
});
