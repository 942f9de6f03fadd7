import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compile } from '../support/sample.js';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

interface Verdict {
  ok: boolean;
  sentence: string;
  runs: Array<{
    variant: 'module' | 'plain';
    requests: number;
    outcomes: { ok: number };
    failures: object[];
    orders: { acknowledged: number; missing: number };
    replacements: Array<{ code: number | null; killed: boolean; log: Array<{ text: string }> }>;
  }>;
}

// The demo in small: real replicas, a real database, a proxy that learns late, 10 ms of distance. The run of plain Nest
// is the control: when it loses nothing, the rig has gone blind and the demo ends with code 1.
describe('a rolling deploy under load', () => {
  beforeAll(() => compile('01-rolling-deploy'), 60_000);

  it.each(['express', 'fastify'])(
    'loses nothing on %s, where plain Nest loses something',
    async (platform) => {
      // A shorter grace period has shorter waits, in which a busy machine's load looks as if it had ended.
      const flags = '--json --proxy own --rounds 1 --replicas 2 --rate 60 --grace 15 --seed 7';
      const demo = join(root, 'sample/01-rolling-deploy/dist/deploy/demo.js');
      const { stdout } = await run(
        process.execPath,
        [demo, ...flags.split(' '), ...(platform === 'fastify' ? ['--fastify'] : [])],
        { maxBuffer: 64 * 1024 * 1024 },
      ).catch((failed: { stdout: string; stderr: string }) => {
        if (failed.stdout === '') throw new Error(failed.stderr);
        return failed; // code 1: the verdict says why
      });
      const verdict = JSON.parse(stdout) as Verdict;
      const [graceful, plain] = verdict.runs;

      expect(graceful?.failures).toEqual([]); // with where the replica was in its shutdown
      expect(verdict).toMatchObject({
        ok: true,
        sentence: expect.stringContaining('nothing was lost'),
      });
      expect(graceful).toMatchObject({ variant: 'module', orders: { missing: 0 } });
      expect(graceful?.outcomes.ok).toBe(graceful?.requests);
      expect(graceful?.orders.acknowledged).toBeGreaterThan(50);
      expect(graceful?.replacements.map(({ code, killed }) => ({ code, killed }))).toEqual([
        { code: 0, killed: false },
        { code: 0, killed: false },
      ]);
      expect(plain?.outcomes.ok).toBeLessThan(plain?.requests ?? 0);
    },
    120_000,
  );
});
