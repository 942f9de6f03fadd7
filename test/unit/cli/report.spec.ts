import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type Terminal } from '../../../lib/cli/command.js';
import { criticalPath } from '../../../lib/cli/report/critical-path.js';
import { reportsIn } from '../../../lib/cli/report/stored-report.js';
import { run } from '../../../lib/cli/run.js';
import { createReport } from '../../../lib/report/create-report.js';
import { reportToJson } from '../../../lib/report/json.js';
import type { ShutdownReport } from '../../../lib/engine/record.js';

const reports = join(import.meta.dirname, 'reports');
/** On one line, as in a log. */
const read = (version: 1 | 2) => {
  const text = readFileSync(join(reports, `version-${version}.json`), 'utf8');
  return `${JSON.stringify(JSON.parse(text))}\n`;
};

async function report(args: readonly string[], input = '') {
  let [out, err] = ['', ''];
  const terminal: Terminal = {
    cwd: reports,
    env: {},
    isInteractive: false,
    out: (text) => (out += text),
    err: (text) => (err += text),
    readIn: () => Promise.resolve(input),
  };
  const code = await run(['report', ...args], terminal);
  return { code, out, err };
}

describe('nestjs-graceful report', () => {
  it.each([1, 2] as const)('draws a report of version %d', async (version) => {
    const { code, out } = await report([`version-${version}.json`]);
    expect(code).toBe(EXIT.clean);
    expect(out).toMatch(/SIGTERM: (clean|forced) in/);
    expect(out).toMatch(/propagate .* ={10,}/);
    expect(out).toMatch(/The end waited for:\n(.*\n)+.*propagate: load balancers/);
  });

  it('says whom the end waited for, who took longest, and what the traffic did', async () => {
    const { out } = await report(['version-2.json']);
    const path = out.slice(out.indexOf('The end waited for:'), out.indexOf('Longest:'));
    expect(
      path
        .split('\n')
        .slice(1, -2)
        .map((line) => line.trim()),
    ).toEqual([
      '1 ms  announce: readiness (from 0 ms on)',
      '10.0 s  propagate: load balancers (from 3 ms on)',
      '9.0 s  drain: http, timed-out (from 10.0 s on)',
      '2.1 s  close: OrdersRepository.onModuleDestroy, failed (from 19.0 s on)',
      '300 ms  close: Database.onApplicationShutdown (from 21.1 s on)',
    ]);
    expect(out).toContain('http: 3 in flight + 300 since, 302 finished, 1 cut');
    expect(out).toContain('BullMQ worker mail: 1 in flight, 1 finished');
    expect(out).toContain('The load balancer still sent traffic 9.6 s after SIGTERM');
    expect(out).toContain('CPU 840 ms, event loop late by at most 48 ms.');
  });

  it('reads a log, with what shippers and loggers put around it, and a termination message', async () => {
    const stored = JSON.parse(read(2)) as ShutdownReport;
    const log = [
      'no JSON at all {',
      JSON.stringify({ level: 'log', message: 'Ready to drain' }),
      `2026-11-30T11:00:00Z stdout F ${JSON.stringify({ message: { message: 'SIGTERM', report: stored } })}`,
      JSON.stringify({ level: 30, msg: JSON.stringify({ report: JSON.parse(read(1)) as object }) }),
    ].join('\n');
    expect(reportsIn(log, 'a log').map(({ version }) => version)).toEqual([2, 1]);

    const message = reportToJson(createReport(stored, stored), 1_024);
    const { out, code } = await report([], message);
    expect(code).toBe(EXIT.clean);
    expect(out).toContain('This report was shortened');
  });

  it.each([
    ['what is no report', '{"version":2}', /holds no report/],
    ['nothing', '', /standard input holds no report/],
    [
      'a version to come',
      read(2).replace('"version":2', '"version":3'),
      /version 3.*reads 1 and 2/,
    ],
  ])('says what is wrong with %s', async (_what, input, words) => {
    const { code, err } = await report(['-'], input);
    expect(code).toBe(EXIT.unusable);
    expect(err).toMatch(words);
  });

  it('says what is wrong with its arguments', async () => {
    for (const [args, words] of [
      [['--format', 'png'], /--format to be one of text, svg, html, trace, json, got 'png'/],
      [['--colour'], /Unknown option '--colour'/],
      [['nowhere.json'], /nowhere\.json can't be read/],
      [['--compare', 'version-1.json'], /--compare needs two reports, and there are 1/],
      [['--format', 'svg', 'version-1.json', 'version-2.json'], /one report, and there are 2/],
    ] as const) {
      const { code, err } = await report(args);
      expect([code, err]).toEqual([EXIT.unusable, expect.stringMatching(words)]);
    }
  });

  it('compares two: what got slower is found, and the other way round it is not', async () => {
    const worse = await report(['--compare', 'version-1.json', 'version-2.json']);
    expect(worse.code).toBe(EXIT.found);
    expect(worse.out).toMatch(
      /^7\.3 s clean -> 21\.4 s forced\nSlower:\n {2}drain: http: 240 ms -> 9\.0 s/,
    );
    expect(worse.out).toMatch(/Faster:\n {2}flush: 90 ms -> 0 ms|Slower/);
    const same = await report(['--compare', 'version-1.json', 'version-1.json']);
    expect(same).toMatchObject({
      code: EXIT.clean,
      out: expect.stringContaining('Nothing differs'),
    });
  });

  it('summarises a directory, whatever else is in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'graceful-reports-'));
    try {
      writeFileSync(join(folder, 'a.log'), `${read(1)}${read(2)}`);
      writeFileSync(join(folder, 'b.json'), read(2));
      writeFileSync(join(folder, 'notes.txt'), 'nothing');
      const { code, out } = await report([folder]);
      expect(code).toBe(EXIT.clean);
      expect(out).toBe(
        [
          '3 shutdowns: 1 clean, 2 forced',
          'Took: p50 21.4 s, p90 21.4 s, p99 21.4 s, at most 21.4 s',
          'Load balancers still sent traffic at the end of 2 waits',
          'Late most often:',
          '  2 times http',
          'Cut most often:',
          '  2 times GET /exports/:id',
          '',
        ].join('\n'),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    const empty = mkdtempSync(join(tmpdir(), 'graceful-reports-'));
    expect((await report([empty])).err).toMatch(/No file in .* holds a report/);
    rmSync(empty, { recursive: true });
  });

  it('draws an image and a page, in which no text of a report is markup', async () => {
    for (const format of ['svg', 'html']) {
      const { out } = await report(['--format', format, 'version-2.json']);
      expect(out).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
      expect(out).toContain('OrdersRepository.onModuleDestroy');
      expect(out).not.toMatch(/<script|<closed>|https?:\/\/(?!www\.w3\.org)/);
    }
  });

  it('writes a trace whose spans lie inside their report', async () => {
    const { out } = await report(['--format', 'trace', 'version-1.json', 'version-2.json']);
    interface Event {
      readonly ph: string;
      readonly name: string;
      readonly pid: number;
      readonly ts: number;
      readonly dur: number;
    }
    const { traceEvents } = JSON.parse(out) as { traceEvents: Event[] };
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    expect(spans.filter(({ pid }) => pid === 1).map(({ name }) => name)).toContain('Metrics@push');
    const stored = [1, 2].map((version) => JSON.parse(read(version as 1 | 2)) as ShutdownReport);
    for (const { pid, ts, dur } of spans) {
      const { startedAt, durationMs } = stored[pid - 1];
      expect(ts).toBeGreaterThanOrEqual(startedAt * 1_000);
      expect(ts + dur).toBeLessThanOrEqual((startedAt + durationMs) * 1_000);
    }
  });

  it.each([
    ['a pod', (pod: object) => pod],
    ['a list of pods', (pod: object) => ({ kind: 'List', items: [pod] })],
  ])('reads the termination message in what kubectl says of %s', async (_what, wrap) => {
    const terminated = { exitCode: 0, message: JSON.stringify(JSON.parse(read(2))) };
    const pod = { kind: 'Pod', status: { containerStatuses: [{ lastState: { terminated } }] } };
    const { out } = await report(['--format', 'json'], JSON.stringify(wrap(pod), null, 2));
    expect(JSON.parse(out)).toEqual(JSON.parse(read(2)));
  });

  it('gives the JSON of what it has found in a log', async () => {
    const { out } = await report(['--format', 'json'], read(1));
    expect(JSON.parse(out)).toEqual(JSON.parse(read(1)));
  });
});

it('the critical path never goes back in time, and ends where the last task does', () => {
  for (const version of [1, 2] as const) {
    const [stored] = reportsIn(read(version), 'a fixture');
    const path = criticalPath(stored);
    expect(path.at(-1)?.endMs).toBe(stored.durationMs);
    path.slice(1).forEach((step, index) => {
      expect(step.startMs).toBeGreaterThanOrEqual(path[index]?.endMs ?? 0);
    });
  }
});
