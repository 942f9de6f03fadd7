import { afterEach, describe, expect, it } from '@jest/globals';
import type { ShutdownReport } from '../../lib/engine/record.js';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { reportSchemaErrors } from '../support/schemas.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

const receivers: OtlpReceiver[] = [];
afterEach(async () => {
  await killStarted();
  for (const receiver of receivers.splice(0)) receiver.stop();
});

const receive = async (...mood: Parameters<typeof OtlpReceiver.start>): Promise<OtlpReceiver> => {
  const receiver = await OtlpReceiver.start(...mood);
  receivers.push(receiver);
  return receiver;
};

const MAJORS = [12, 11] as const;
const options = { gracePeriodMs: 20_000 };

/** A request of so many milliseconds is in flight when SIGTERM comes; the life of the application after that. */
async function stopped(nestMajor: 11 | 12, settings: object, requestMs = 300) {
  const program = new StartedProgram(nestMajor, 'services/telemetry', { options, ...settings });
  await program.event('started');
  const answer = program.get(`/slow/${requestMs}`);
  const { spanId } = await program.event('slow-start');
  program.signal('SIGTERM');
  const end = await program.end;
  const { report } = (await program.event('report')) as unknown as { report: ShutdownReport };
  expect(reportSchemaErrors(report)).toEqual([]);
  return { program, end, report, spanId, answer: await answer };
}

describe('OpenTelemetry, told of a shutdown by startTelemetry()', () => {
  it.each(MAJORS)(
    'has a span of it, of each phase and task, and a link to what was in flight, on Nest %d',
    async (nestMajor) => {
      const receiver = await receive();
      const { end, report, spanId, answer } = await stopped(nestMajor, { collector: receiver.url });
      expect(answer).toMatchObject({ status: 200 });
      expect(end).toMatchObject({ code: 0 });

      const [root] = receiver.spans.filter(({ name }) => name === 'shutdown');
      expect(root).toMatchObject({
        attributes: {
          'nestjs_graceful.reason': 'signal',
          'nestjs_graceful.signal': 'SIGTERM',
          'nestjs_graceful.in_flight': 1,
          'nestjs_graceful.outcome': 'clean',
          'process.exit.code': 0,
        },
        links: [{ spanId }],
      });
      expect(root?.parentSpanId ?? '').toBe('');
      const phases = receiver.spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
      const ran = report.phases.filter(({ outcome }) => outcome !== 'skipped');
      expect(phases.map(({ name }) => name).toSorted()).toEqual(
        ran.map(({ name }) => `phase ${name}`).toSorted(),
      );
      for (const phase of ran) {
        const span = phases.find(({ name }) => name === `phase ${phase.name}`);
        expect(Math.abs(lengthOf(span) - phase.durationMs)).toBeLessThanOrEqual(1); // rounding
        const tasks = receiver.spans.filter(({ parentSpanId }) => parentSpanId === span?.spanId);
        expect(tasks.map(({ name }) => name).toSorted()).toEqual(
          phase.tasks.map(({ name }) => `task ${name}`).toSorted(),
        );
      }
      expect(Math.abs(lengthOf(root) - report.durationMs)).toBeLessThanOrEqual(1);
    },
  );

  it.each(MAJORS)(
    'has the metrics, with what only the report knows, on Nest %d',
    async (nestMajor) => {
      const receiver = await receive();
      const { report } = await stopped(nestMajor, { collector: receiver.url });
      const value = (name: string, labels?: Record<string, string>) =>
        receiver.value(`nestjs_graceful.${name}`, labels);

      expect(value('shutdown.begun', { reason: 'signal' })).toBe(1);
      expect(value('shutdown.ended', { outcome: 'clean' })).toBe(1);
      expect(value('shutdown.ended', { outcome: 'forced' })).toBe(0); // there from boot on
      expect(value('shutdown.duration', { outcome: 'clean' })).toBe(1);
      expect(value('phase.duration', { phase: 'drain', outcome: 'done' })).toBe(1);
      expect(value('work.ended', { source: 'http', kind: 'request', fate: 'finished' })).toBe(1);
      expect(value('state', { state: 'closed' })).toBe(1);
      expect(value('in_flight', { source: 'http', kind: 'request' })).toBe(0);
      expect(value('budget.used')).toBeCloseTo(report.durationMs / 20_000, 5);
      expect(value('grace_period')).toBe(20);
      expect(receiver.value('app.requests')).toBe(1); // the application's own last counter
    },
  );

  it('the control: without it there is neither a span nor a metric of the shutdown', async () => {
    const receiver = await receive();
    await stopped(12, { collector: receiver.url, telemetry: false });
    expect(receiver.spans.map(({ name }) => name)).toEqual(['GET /slow/:ms']);
    expect(receiver.names).toEqual(['app.requests']);
  });
});

it.each(MAJORS)(
  'a former life that was killed is a metric of the next one, by its phase, on Nest %d',
  async (nestMajor) => {
    const folder = mkdtempSync(join(tmpdir(), 'graceful-lives-'));
    const settings = async () => ({
      prometheus: true,
      options: {
        ...options,
        lifeLog: folder,
        awaitLastScrape: true,
        probes: { port: await freePort(), host: '127.0.0.1' },
      },
    });
    const killed = new StartedProgram(nestMajor, 'services/telemetry', await settings());
    await killed.event('started');
    void killed.get('/slow/60000');
    await killed.event('slow-start');
    killed.signal('SIGTERM');
    // The line of the log comes a moment before the marker.
    await eventually('the marker', () =>
      readdirSync(folder).some((name) =>
        readFileSync(join(folder, name), 'utf8').includes('"drain"'),
      ),
    );
    killed.kill();
    await killed.end;

    const given = await settings();
    const next = new StartedProgram(nestMajor, 'services/telemetry', given);
    await next.event('started');
    const { body = '' } = await next.get('/metrics', given.options.probes.port);
    expect(body).toContain('nestjs_graceful_unclean_ends_total{phase="drain"} 1');
    expect(body).toContain('nestjs_graceful_unclean_ends_total{phase="close"} 0');
    rmSync(folder, { recursive: true });
  },
);

describe('a collector', () => {
  const failing = [
    ['that refuses', async () => `http://127.0.0.1:${await freePort()}`],
    ['that answers 503', async () => (await receive('answers 503')).url],
    ['that hangs', async () => (await receive('hangs')).url],
  ] as const;

  it.each(failing)(
    '%s is named, and changes neither the exit code nor the budget',
    async (_what, start) => {
      const { program, end, report } = await stopped(12, { collector: await start() });
      expect(end.code).toBe(0);
      expect(report.outcome).toBe('clean');
      const tasks = report.phases.flatMap((phase) => phase.tasks);
      expect(tasks.filter(({ name }) => name.startsWith('OpenTelemetry '))).toMatchObject([
        { handedOver: false, critical: false },
        { handedOver: false, critical: false },
      ]);
      expect(program.log.join('\n')).toMatch(/not handed over: OpenTelemetry (traces|metrics)/);
      expect(report.durationMs).toBeLessThan(options.gracePeriodMs);
    },
  );
});

function lengthOf(span?: { readonly startTimeUnixNano: string; readonly endTimeUnixNano: string }) {
  if (!span) return NaN;
  const nanoseconds = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  return Math.round(Number(nanoseconds) / 1e6);
}
