import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, Page } from '../support/chromium.js';
import { Lines } from '../support/lines.js';
import {
  compile,
  expectItsCode,
  expectItsTable,
  expectItsTimeline,
  runSample,
  withoutPlatform,
  type Run,
} from '../support/sample.js';
import { describeWith } from '../support/services.js';

interface Outcome {
  readonly asked: number;
  readonly answered: number;
  readonly lost: number;
  readonly doneUnheard: number;
  readonly sockets: ReadonlyArray<{ readonly how: string }>;
  readonly events: number;
  readonly missed: number;
  readonly streams: ReadonlyArray<{ readonly how: string }>;
  readonly end: string;
  readonly report: string;
}

describe('sample 06, WebSocket and server-sent events', () => {
  const folder = join(import.meta.dirname, '../../sample/06-realtime');
  const script = join(folder, 'dist/run/run.js');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  beforeAll(() => compile('06-realtime'), 60_000);

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  describe('with clients of its own', () => {
    let printed: Run;
    let outcome: Record<'graceful' | 'plain', Outcome>;

    beforeAll(async () => {
      printed = await runSample(script, ['--json']);
      outcome = JSON.parse(printed.lines.at(-1) ?? '') as typeof outcome;
    }, 60_000);

    it('answers every question once, and misses no event', () => {
      const { asked, events, ...rest } = outcome.graceful;

      expect(asked).toBeGreaterThan(30);
      expect(events).toBeGreaterThan(5);
      expect(rest).toMatchObject({
        answered: asked,
        lost: 0,
        doneUnheard: 0,
        doneTwice: 0,
        sockets: [{ how: '1012' }, { how: '1012' }, { how: '1012' }],
        missed: 0,
        doubled: 0,
        streams: [{ how: 'end' }],
        end: 'code 0',
      });
      expect(printed.code).toBe(0);
    });

    it('the control: plain Nest loses replies, and is killed because of the stream', () => {
      const { asked, answered, lost, ...rest } = outcome.plain;

      expect(lost).toBeGreaterThan(0);
      expect(answered).toBe(asked - lost);
      expect(rest.doneUnheard).toBeGreaterThan(0);
      expect(rest.sockets.map(({ how }) => how)).toEqual(['1006', '1006', '1006']);
      expect(rest.streams.map(({ how }) => how)).toEqual(['cut']);
      expect(rest.end).toBe('SIGKILL');
    });

    it('has a README that shows what it prints', () => {
      expectItsTable(readme, printed, masked);
      expectItsTimeline(readme, outcome.graceful.report);
    });
  });

  describeWith(chromium, () => {
    const said = new Lines('the sample');
    let sample: ReturnType<typeof spawn>;
    let page: Page | undefined;

    beforeAll(async () => {
      sample = spawn(process.execPath, [script, '--watch'], {
        env: withoutPlatform(process.env),
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      if (sample.stdout) createInterface(sample.stdout).on('line', (line) => said.add(line));
      const [, url = ''] = /(http:\S+)/.exec(said.all[await said.find(/http:/)]) ?? [];
      page = await Page.open(url);
    }, 60_000);

    afterAll(async () => {
      await page?.close();
      sample.stdin?.end();
      if (sample.exitCode === null) await once(sample, 'close');
    }, 60_000);

    it('has a page that comes back to the next instance, with every answer and every event', async () => {
      const { console } = page as Page;
      await console.find(/question 2 answered by instance-1/);
      await console.find(/event \d+ from instance-1/);

      sample.stdin?.write('\n');
      const closed = await console.find(/^desk: closed/);
      const ended = await console.find(/^ticks: ended/);
      await console.find(/^desk: open again/, closed);
      await console.find(/^ticks: open again/, ended);
      const answered = await console.find(/^desk: question \d+ answered by instance-2/, closed);
      const event = await console.find(/^ticks: event \d+ from instance-2/, ended);
      const roll = said.all[await said.find(/instance-1 ended/)];

      expect(console.all[closed]).toMatch(/^desk: closed with 1012, trying again in \d+ ms$/);
      expect(console.all[ended]).toBe('ticks: ended, comes back by itself');
      expect(console.all.filter((line) => /lost|given up/.test(line))).toEqual([]);
      const [asked, received] = [numbers(/question (\d+) answered/), numbers(/event (\d+) from/)];
      expect(asked).toEqual(asked.map((_, index) => index + 1));
      expect(received).toEqual(received.map((_, index) => (received[0] ?? 0) + index));
      expect(Math.min(answered, event)).toBeGreaterThan(Math.min(closed, ended));
      expect(roll).toMatch(/^instance-2 is up, instance-1 ended: code 0, /);

      function numbers(pattern: RegExp): number[] {
        return console.all.flatMap((line) => pattern.exec(line)?.[1] ?? []).map(Number);
      }
    }, 60_000);
  });
});

/** What a line of the table says with the module: its numbers are tested by themselves. */
function masked(line: string): string {
  return line.replace(/\d+(\.\d)?/g, '#');
}
