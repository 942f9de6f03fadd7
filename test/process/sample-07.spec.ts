import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compile,
  expectItsCode,
  expectItsTable,
  expectItsTimeline,
  runSample,
  shapeOf,
  type Run,
} from '../support/sample.js';

interface Outcome {
  readonly notServingAfter?: number;
  readonly calls: number;
  readonly callsLost: Readonly<Record<string, number>>;
  readonly streams: number;
  readonly streamsCut: number;
  readonly requests: number;
  readonly requestsLost: Readonly<Record<string, number>>;
  readonly requestsRefused: number;
  readonly goaways: ReadonlyArray<readonly number[]>;
  readonly end: string;
  readonly seconds: number;
  readonly report: string;
}

const HIGHEST_STREAM = 2 ** 31 - 1;
const NODE = Number(process.versions.node.split('.')[0]);

describe('sample 07, gRPC and HTTP/2', () => {
  const folder = join(import.meta.dirname, '../../sample/07-grpc-http2');
  const script = join(folder, 'dist/run/run.js');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  let printed: Run;
  let outcome: Record<'graceful' | 'plain', Outcome>;

  beforeAll(async () => {
    await compile('07-grpc-http2');
    printed = await runSample(script, ['--json']);
    outcome = JSON.parse(printed.lines.at(-1) ?? '') as typeof outcome;
  }, 60_000);

  it('loses no call, no stream and no request', () => {
    const { calls, streams, requests, ...rest } = outcome.graceful;

    expect(calls).toBeGreaterThan(50);
    expect(streams).toBeGreaterThan(2);
    expect(requests).toBeGreaterThan(50);
    expect(rest).toMatchObject({
      callsLost: {},
      streamsCut: 0,
      requestsLost: {},
      requestsRefused: 0,
      downloads: 3,
      downloadsCut: 0,
      end: 'code 0',
    });
    expect(printed.code).toBe(0);
  });

  it('tells who watches its health long before it ends, and each session in two steps', () => {
    const { notServingAfter, seconds, goaways } = outcome.graceful;

    expect(notServingAfter).toBeLessThan(seconds / 2);
    expect(goaways).toHaveLength(3);
    for (const [first, last, ...more] of goaways) {
      expect(first).toBe(HIGHEST_STREAM);
      expect(last).toBeLessThan(HIGHEST_STREAM);
      expect(more).toEqual([]);
    }
  });

  it('the control: plain Nest tells nobody, and loses calls and streams', () => {
    const { callsLost, streamsCut, ...rest } = outcome.plain;

    expect(Object.keys(callsLost)).not.toEqual([]);
    expect(streamsCut).toBeGreaterThan(0);
    expect(rest.notServingAfter).toBeUndefined();
  });

  it('the control: up to Node 22 plain Nest refuses HTTP/2 requests until it is killed', () => {
    const { requestsLost, goaways, end } = outcome.plain;

    expect('503' in requestsLost).toBe(NODE < 24);
    expect(goaways.map(({ length }) => length)).toEqual(NODE < 24 ? [0, 0, 0] : [1, 1, 1]);
    expect(end).toBe(NODE < 24 ? 'SIGKILL' : 'SIGTERM');
  });

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  it('has a README that shows what it prints', () => {
    expectItsTable(readme, printed, masked);
    expectItsTimeline(readme, outcome.graceful.report, shape);
  });
});

/** What a line of the table says with the module: its numbers are tested by themselves. */
function masked(line: string): string {
  return line.replace(/\d+(\.\d+)?/g, '#');
}

/** The gRPC server has another port in each run. */
function shape(report: string): string {
  return shapeOf(report.replace(/127\.0\.0\.1:\d+/g, ''));
}
