import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShutdownReport } from '../../lib/engine/record.js';
import { reportSchemaErrors } from '../support/schemas.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graceful-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As the published schema describes it. */
const reportOf = async (program: StartedProgram): Promise<ShutdownReport> => {
  const { report } = (await program.event('report')) as unknown as { report: ShutdownReport };
  expect(reportSchemaErrors(report)).toEqual([]);
  return report;
};

const aLine = expect.stringMatching(/^SIGTERM: clean in .* \[report\]$/);

describe.each([
  [12, 'express'],
  [11, 'fastify'],
] as const)('on Nest %d with %s', (nestMajor, platform) => {
  const start = (settings: object): StartedProgram =>
    new StartedProgram(nestMajor, 'http-app', { platform, ...settings });

  it('says what was late, to all who want to know, and nothing that may be secret', async () => {
    const terminationLog = join(folder, `forced-on-${nestMajor}`);
    await writeFile(terminationLog, 'of the container before');
    const program = start({
      destroy: 'hangs',
      onReport: 'says',
      options: { gracePeriodMs: 2_000, exitCodeForced: 9, terminationLog },
    });
    const answer = program.get('/slow/60000?token=secret');
    await program.event('slow-start');
    program.signal('SIGTERM');

    expect((await answer).status).toBe(503);
    expect((await program.end).code).toBe(9);
    expect(program.lastWord).toMatch(
      /SIGTERM: forced in .*; over time: http, Database\.onModuleDestroy \(AppModule\); cut: GET \/slow\/:\w+ \(refused/,
    );
    const report = await reportOf(program);
    expect(report).toMatchObject({
      version: 2,
      reason: { kind: 'signal', signal: 'SIGTERM' },
      exitCode: 9,
      unfinished: [
        { kind: 'request', name: expect.stringMatching(/^GET \/slow\/:/), fate: 'refused' },
      ],
    });
    expect(Object.keys(report.activeResources ?? {})).toContain('Timeout'); // of the handler
    expect(JSON.parse(await readFile(terminationLog, 'utf8'))).toEqual(report);
    expect(JSON.stringify([program.log, program.events])).not.toMatch(/token|secret/);
  });

  it('is one line of JSON where the log is JSON', async () => {
    const program = start({ logger: 'json', onReport: 'says' });
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    const last = JSON.parse(program.log.at(-1) ?? '') as { message: unknown };
    const report = await reportOf(program);
    expect(last.message).toEqual({ message: aLine, id: 'report', report });
    expect(report).toMatchObject({ exitCode: 0, outcome: 'clean' });
    expect(report).not.toHaveProperty('activeResources');
  });
});

const start = (settings: object): StartedProgram => new StartedProgram(12, 'http-app', settings);

it('is an object for any logger, if asked for', async () => {
  const options = { logReport: 'object' };
  const program = start({ logger: 'objects', onReport: 'says', options });
  await program.event('started');
  program.signal('SIGTERM');

  const report = await reportOf(program);
  expect((await program.event('logged'))['message']).toEqual({
    message: aLine,
    id: 'report',
    report,
  });
});

it('is a line for a logger in JSON, if asked for', async () => {
  const program = start({ logger: 'json', options: { logReport: 'line' } });
  await program.event('started');
  program.signal('SIGTERM');

  expect((await program.end).code).toBe(0);
  expect(JSON.parse(program.log.at(-1) ?? '')).toMatchObject({ message: aLine });
});

it.each([
  ['throws', /onReport failed: Error: report failed/],
  ['hangs', /onReport took longer than the \d+ ms that were left/],
])('exits all the same when onReport %s', async (onReport, words) => {
  const terminationLog = join(folder, 'nobody-made-it');
  const program = start({
    onReport,
    keepAlive: true,
    options: { gracePeriodMs: 2_000, terminationLog },
  });
  await program.event('started');
  program.signal('SIGTERM');

  const { code, ms } = await program.end;
  expect(code).toBe(0);
  expect(ms).toBeLessThan(2_500);
  expect(program.lastWord).toMatch(words);
  expect(existsSync(terminationLog)).toBe(false); // the kubelet makes it, or there is none
});

it('fits into the termination log with hundreds of stragglers and cut requests', async () => {
  const terminationLog = join(folder, 'crowded');
  await writeFile(terminationLog, '');
  const options = {
    gracePeriodMs: 7_000,
    exitMarginMs: 4_000, // of which onReport has half, and a busy machine may need some
    drainTimeoutMs: 200,
    terminationLog,
  };
  const program = start({ stragglers: 300, onReport: 'says', options });
  const answers = Array.from({ length: 200 }, () => program.get('/slow/60000'));
  while (program.names().filter((name) => name === 'slow-start').length < 200) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  program.signal('SIGTERM');

  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([503]));
  expect((await program.end).code).toBe(1);
  const bytes = await readFile(terminationLog);
  const short = JSON.parse(String(bytes)) as ShutdownReport;
  const report = await reportOf(program);
  const hung = report.phases.flatMap(({ tasks }) =>
    tasks.filter(({ name, outcome }) => /STRAGGLER|Straggler/.test(name) && outcome !== 'done'),
  );
  expect([report.unfinished.length, hung.length]).toEqual([200, 300]);
  expect(bytes.length).toBeGreaterThan(1_000);
  expect(bytes.length).toBeLessThanOrEqual(4_096);
  expect(short).toMatchObject({ reason: report.reason, outcome: 'forced', exitCode: 1 });
  expect(program.lastWord.length).toBeLessThan(2_000);
});

it('tells how far it was when somebody else ends the process', async () => {
  const program = start({ destroy: 'exits' });
  await program.event('started');
  program.signal('SIGTERM');

  expect((await program.end).code).toBe(9);
  expect(program.lastWord).toMatch(
    /process\.exit\(9\) was called .*; so far SIGTERM: .*Database\.onModuleDestroy/,
  );
});
