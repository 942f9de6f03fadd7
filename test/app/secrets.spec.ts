import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import fc from 'fast-check';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromeTraceOf } from '../../lib/cli/report/chrome-trace.js';
import { compare, summarise } from '../../lib/cli/report/comparison.js';
import { htmlOf, svgOf } from '../../lib/cli/report/drawing.js';
import { textView } from '../../lib/cli/report/text-view.js';
import { OnFlush } from '../../lib/decorators/shutdown.decorators.js';
import type { Integration, IntegrationHost } from '../../lib/engine/integration.js';
import { startTelemetry, type OpenTelemetryApi } from '../../lib/telemetry/index.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { eventually } from '../support/eventually.js';
import { reportToJson } from '../../lib/report/json.js';

const CHANNELS = ['state', 'phase', 'progress', 'report', 'unclean-end'];
/** So many applications are stopped; `FC_RUNS=5000` before a release stops more. */
const RUNS = Math.ceil(Number(process.env['FC_RUNS'] ?? 150) / 50);

/** For one application, which drains for a second and a half, on a machine that is busy. */
const PATIENCE_MS = 20_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graceful-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What people put where, and what no output may hold. It has digits, as tokens and identifiers do. */
const secrets = fc.record({
  inPath: hex('a'),
  inQuery: hex('b'),
  inHeader: hex('c'),
  inUrl: hex('d'),
  inError: hex('e'),
  inJob: hex('f'),
  inReason: hex('0'),
});

function hex(mark: string): fc.Arbitrary<string> {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 20 });
  return digits.map((all) => `s${mark}${all.join(mark)}`);
}

/** A queue whose job is not done in time; people name jobs after what is in them. */
class Mail implements Integration {
  readonly name = 'mail';

  constructor(private readonly jobName: string) {}

  attach(host: IntegrationHost): void {
    const counter = host.counter();
    counter.begin(this.jobName);
    host.add({
      name: 'mail',
      kind: 'job',
      stopTaking: () => undefined,
      inFlight: () => counter.list(),
      finished: (signal) => counter.idle(signal),
    });
  }
}

/** Spans and values of labels, as an SDK would get them. */
function telemetryInto(told: unknown[]): OpenTelemetryApi {
  const span = (...all: unknown[]) => {
    told.push(all.slice(0, 2));
    return {
      spanContext: () => ({ traceId: '1', spanId: '2', traceFlags: 1 }),
      setAttribute: (...attribute: unknown[]) => void told.push(attribute),
      setStatus: (status: unknown) => void told.push(status),
      end: () => undefined,
    };
  };
  const gauges: Array<(result: object) => void> = [];
  const measure =
    (name: string) =>
    (...all: unknown[]) => {
      told.push([name, ...all]);
      for (const observe of gauges) {
        observe({ observe: (...values: unknown[]) => void told.push(values) });
      }
    };
  const meter = {
    createCounter: (name: string) => ({ add: measure(name) }),
    createHistogram: (name: string) => ({ record: measure(name) }),
    createObservableGauge: () => ({ addCallback: (call: never) => void gauges.push(call) }),
  };
  return {
    trace: { getTracer: () => ({ startSpan: span }), setSpan: () => ({}) },
    metrics: { getMeter: () => meter },
    ROOT_CONTEXT: {},
  };
}

describeOnPlatforms((target) => {
  /** Everything that a shutdown has told, by where; with these secrets in all that it is told of. */
  async function outputs(secret: { readonly [at: string]: string }): Promise<Map<string, string>> {
    const all = new Map<string, string>();
    const heard: unknown[] = [];
    const listener = (message: unknown) => void heard.push(JSON.stringify(message));
    for (const name of CHANNELS) subscribe(`nestjs-graceful:${name}`, listener);
    const told: unknown[] = [];
    const telemetry = startTelemetry({ prometheus: false, openTelemetry: telemetryInto(told) });
    const terminationLog = join(folder, 'termination');
    const lifeLog = join(folder, 'lives');
    writeFileSync(terminationLog, '');

    @Injectable()
    class Database implements OnModuleDestroy {
      @OnFlush()
      write(): void {
        throw new Error(`401 for Authorization: Bearer ${secret['inError']}`);
      }

      onModuleDestroy(): void {
        const cause = new Error(`{"password":"${secret['inError']}"} was refused`);
        throw new Error(`no postgres://app:${secret['inUrl']}@db/shop?key=${secret['inQuery']}`, {
          cause,
        });
      }
    }
    const app = await HttpApp.start({
      ...target,
      module: { providers: [Database] },
      integrations: [new Mail(`job mail:welcome ${secret['inJob']}`)],
      options: {
        gracePeriodMs: 1_500,
        terminationLog,
        lifeLog,
        probes: { livePath: '/live' },
      },
    });
    const client = await app.connect();
    client.send(
      `GET /work/${secret['inPath']}?token=${secret['inQuery']} HTTP/1.1\r\nHost: test\r\n` +
        `Authorization: Bearer ${secret['inHeader']}\r\nCookie: id=${secret['inHeader']}\r\n` +
        `User-Agent: ${secret['inHeader']}/1.0\r\n\r\n`,
    );
    await app.work.begun(secret['inPath'] ?? '');
    all.set('progress() at rest', JSON.stringify(app.graceful.progress()));
    const ended = app.graceful.shutdown(`no lease, token=${secret['inReason']}`);
    await app.phase('drain');
    all.set('progress()', JSON.stringify(app.graceful.progress()));
    const [marker = ''] = readdirSync(lifeLog);
    all.set('the life log', readFileSync(join(lifeLog, marker), 'utf8'));
    const report = await ended;
    await eventually('the exit', () => app.process.exits.length > 0);

    all.set('the log', app.log.lines.join('\n'));
    all.set('the report', JSON.stringify(report));
    all.set('the shortened report', reportToJson(report, 1_024));
    all.set('the timeline', String(report));
    all.set('the termination message', readFileSync(terminationLog, 'utf8'));
    all.set('the channels', heard.join('\n'));
    all.set('spans and metrics', JSON.stringify(told));
    const stored = JSON.parse(JSON.stringify(report)) as typeof report;
    all.set('report as text', textView(stored));
    all.set('report as SVG', svgOf(stored));
    all.set('report as HTML', htmlOf([stored]));
    all.set('report as a trace', chromeTraceOf([stored]));
    all.set('reports compared', compare(stored, stored).text);
    all.set('reports summarised', summarise([stored]));
    all.set('the plan', JSON.stringify(app.graceful.plan()));
    telemetry.stop();
    for (const name of CHANNELS) unsubscribe(`nestjs-graceful:${name}`, listener);
    return all;
  }

  it(
    'no output of a shutdown holds a secret of those it was told of',
    async () => {
      await fc.assert(
        fc.asyncProperty(secrets, async (secret) => {
          const all = await outputs(secret);
          for (const [output, text] of all) {
            const held = Object.entries(secret).filter(([, value]) => text.includes(value));
            expect([output, held]).toEqual([output, []]);
          }
          // What may be told is told, or there would be nothing to find.
          expect(all.get('the report')).toContain('GET /work/:');
          expect(all.get('the report')).toContain('job mail:welcome ***');
          expect(all.get('the report')).toContain('no postgres://app:***@db/shop?***');
          expect(all.get('the log')).toContain('no lease, token=***');
          expect(all.get('the channels')).toContain('"phase":"drain"');
          expect(all.get('spans and metrics')).toContain('"source":"mail"');
          expect(all.get('the life log')).toContain('"mail":1');
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * PATIENCE_MS,
  );
});
