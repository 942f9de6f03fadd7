import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FolderBesideNest, type Outcome } from './beside-nest.js';

/** A thread that takes its time for each line. */
const SLOW_TRANSPORT = `
import build from 'pino-abstract-transport';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export default ({ file }) => {
  let over;
  const done = new Promise((resolve) => (over = resolve));
  return build(async (source) => {
    for await (const line of source) {
      await sleep(1);
      appendFileSync(file, line.msg + '\\n');
    }
    over();
  }, { close: () => done });
};
`;

/** Every buffer there is, filled while it runs, and once more in the last hook; then it gets SIGTERM. */
const PROGRAM = `
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const require = createRequire(import.meta.url);
const { NestFactory } = require('@nestjs/core');
const Sentry = require('@sentry/node');
const { Logger, LoggerModule } = require('nestjs-pino');
const winston = require('winston');
const Transport = require('winston-transport');
const { graceful, run, dsn } = process.env;
const to = (name) => join(import.meta.dirname, run + '-' + name);
const later = (work) => setTimeout(work, 5);

class SpanExporter {
  export(spans, done) {
    later(() => {
      for (const { name } of spans) appendFileSync(to('spans'), name + '\\n');
      done({ code: 0 });
    });
  }
  forceFlush() { return Promise.resolve(); }
  shutdown() { return Promise.resolve(); }
}
class MetricExporter extends SpanExporter {
  export({ scopeMetrics }, done) {
    later(() => {
      const values = scopeMetrics.flatMap(({ metrics }) => metrics).flatMap(({ dataPoints }) => dataPoints);
      appendFileSync(to('metrics'), values.map(({ value }) => value + '\\n').join(''));
      done({ code: 0 });
    });
  }
}
const slowly = { scheduledDelayMillis: 60_000 };
new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new SpanExporter(), slowly)] }).register();
const reader = new PeriodicExportingMetricReader({ exporter: new MetricExporter(), exportIntervalMillis: 60_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
const counter = metrics.getMeter('test').createCounter('count');
Sentry.init({ dsn, defaultIntegrations: false, skipOpenTelemetrySetup: true });

class Slow extends Transport {
  log({ message }, done) {
    setTimeout(() => {
      appendFileSync(to('winston'), message + '\\n');
      done();
    }, 1);
  }
}
const file = new winston.transports.File({ filename: to('winston-file') });
const toWinston = winston.createLogger({ transports: [new Slow(), file] });

/** The application's own logger, around both. */
class Both {
  constructor(pino) { this.pino = pino; this.winston = toWinston; }
  log(message) { this.pino.log(message); this.winston.info(String(message)); }
  warn(message) { this.log(message); }
  error(message) { this.log(message); }
}

function fill(name) {
  trace.getTracer('test').startSpan(name).end();
  counter.add(1);
  Sentry.captureMessage(name);
  for (let line = 1; line <= 100; line += 1) logger.log(name + ' ' + line);
}
class Last {
  onApplicationShutdown() { fill('hook'); }
}
class AppModule {}
const transport = { target: join(import.meta.dirname, 'slow-transport.js'), options: { file: to('pino') } };
const imports = [LoggerModule.forRoot({ pinoHttp: { transport } })];
if (graceful) {
  const { GracefulModule } = await import('./lib/index.js');
  imports.push(GracefulModule.forRoot({ platform: 'none', gracePeriodMs: 12_000, flushTimeoutMs: 4_000 }));
}
const module = { module: AppModule, imports, providers: [Last] };
const app = await NestFactory.createApplicationContext(module, { logger: false });
const logger = new Both(app.get(Logger));
app.useLogger(logger);
app.enableShutdownHooks();
setInterval(() => {}, 1_000);
fill('work');
process.kill(process.pid, 'SIGTERM');
`;

describe('what an application has written when SIGTERM ends it', () => {
  const kinds = ['spans', 'metrics', 'pino', 'winston', 'winston-file'];
  const envelopes: Record<string, string> = { with: '', without: '' };
  const outcomes: Record<string, Outcome> = {};
  const written: Record<string, Record<string, string>> = { with: {}, without: {} };
  let sentry: Server;
  let folder: FolderBesideNest;

  beforeAll(async () => {
    sentry = createServer((request, response) => {
      const run = request.url?.includes('/1/') ? 'with' : 'without';
      request.on('data', (chunk: Buffer) => (envelopes[run] += String(chunk)));
      request.on('end', () => response.end('{}'));
    }).listen(0, '127.0.0.1');
    await once(sentry, 'listening');
    folder = await FolderBesideNest.make({
      'program.js': PROGRAM,
      'slow-transport.js': SLOW_TRANSPORT,
    });
    await Promise.all(['with', 'without'].map((run) => start(run)));
  }, 40_000);

  afterAll(async () => {
    sentry.closeAllConnections();
    sentry.close();
    await folder.remove();
  });

  async function start(run: string): Promise<void> {
    const { port } = sentry.address() as AddressInfo;
    const dsn = `http://key@127.0.0.1:${port}/${run === 'with' ? 1 : 2}`;
    outcomes[run] = await folder.run('program.js', {
      run,
      dsn,
      graceful: run === 'with' ? '1' : '',
    });
    for (const kind of kinds) {
      const text = readFile(join(folder.path, `${run}-${kind}`), 'utf8').catch(() => '');
      Object.assign(written[run] as object, { [kind]: await text });
    }
  }

  const lines = (run: string, kind: string) =>
    (written[run]?.[kind] ?? '').split('\n').filter((line) => line !== '');

  it('ends with 0', () => {
    expect(outcomes.with).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('spans arrive, those of the last hook, too', () => {
    expect(lines('with', 'spans')).toEqual(['work', 'hook']);
  });

  it('metrics arrive, with what the last hook has counted', () => {
    expect(lines('with', 'metrics')).toEqual(['1', '2']);
  });

  it('events arrive at Sentry, that of the last hook, too', () => {
    expect(envelopes.with).toContain('"message":"work"');
    expect(envelopes.with).toContain('"message":"hook"');
  });

  it.each(['pino', 'winston', 'winston-file'])('%s has every line, and the report', (kind) => {
    const all = lines('with', kind).map((line) =>
      kind === 'winston-file' ? (JSON.parse(line) as { message: string }).message : line,
    );
    for (const name of ['work', 'hook']) {
      const expected = Array.from({ length: 100 }, (_, index) => `${name} ${index + 1}`);
      expect(all.filter((line) => line.startsWith(`${name} `))).toEqual(expected);
    }
    expect(all.at(-1)).toMatch(/^SIGTERM: .*clean/);
  });

  it('the control: on plain Nest what was written last is lost', () => {
    expect(outcomes.without).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(lines('without', 'spans')).toEqual([]);
    expect(lines('without', 'metrics')).toEqual([]);
    expect(envelopes.without).not.toContain('"message":"hook"');
    for (const kind of ['pino', 'winston'])
      expect(lines('without', kind)).not.toContain('hook 100');
  });
});
