import { describe, expect, it } from '@jest/globals';
import { getMaxListeners, once } from 'node:events';
import { DrainOverError } from '../../lib/index.js';
import { TeardownApp } from '../support/teardown-app.js';

const aborted = (signal: AbortSignal) => (signal.aborted ? undefined : once(signal, 'abort'));

describe('Graceful.deadlineSignal', () => {
  it('aborts when the time for work in flight is over, with time to keep what is left', async () => {
    const app = await TeardownApp.start({ options: { gracePeriodMs: 1_000 } });
    const { graceful } = app;
    const kept: string[] = [];
    const work = graceful.track(async () => {
      await aborted(graceful.signal);
      kept.push(`begun: ${graceful.deadlineSignal.aborted}`);
      await aborted(graceful.deadlineSignal);
      kept.push('kept');
    }, 'import');

    await app.close();

    await work;
    expect(kept).toEqual(['begun: false', 'kept']);
    expect(graceful.deadlineSignal.reason).toBeInstanceOf(DrainOverError);
    expect(app.report.unfinished).toEqual([expect.objectContaining({ name: 'import' })]);
  });

  it('does not when all work has finished, nor for drain()', async () => {
    const app = await TeardownApp.start({});
    const { graceful } = app;
    const work = graceful.track(async () => void (await aborted(graceful.signal)), 'import');
    await graceful.drain({ timeoutMs: 1 });
    expect(graceful.deadlineSignal.aborted).toBe(false);
    graceful.resume();

    await app.close();

    await work;
    expect(graceful.deadlineSignal.aborted).toBe(false);
    expect(app.report.outcome).toBe('clean');
  });

  it('may be listened to by any number of requests, and the other signals too, without a warning of Node', async () => {
    const app = await TeardownApp.start({ options: { earlyAbort: [{ source: 'http' }] } });
    const { graceful } = app;
    const signals = [graceful.signal, graceful.deadlineSignal, graceful.workSignal('http')];
    for (const signal of signals) expect(getMaxListeners(signal)).toBe(Infinity);
    await app.close();
  });
});
