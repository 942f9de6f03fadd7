import { metrics, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import winston from 'winston';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { eventually } from '../support/eventually.js';
import { TeardownApp } from '../support/teardown-app.js';

const LOGS_API = Symbol.for('io.opentelemetry.js.api.logs');

/** Time enough for everything but for what has no end. */
const quickly: GracefulOptions = { gracePeriodMs: 20_000, flushTimeoutMs: 100 };

describe('a buffer that can not be flushed', () => {
  afterEach(() => {
    trace.disable();
    metrics.disable();
  });

  /** As much of a provider as its registration asks for. */
  function register(forceFlush: () => Promise<void>): void {
    trace.setGlobalTracerProvider({ forceFlush });
  }

  it('and hangs is named in the report, gets no more time, and holds nothing up', async () => {
    let asked = 0;
    register(() => {
      asked += 1;
      return new Promise(() => undefined);
    });
    const app = await TeardownApp.start({ options: quickly });
    app.process.send('SIGTERM');
    await eventually('the exit', () => app.process.exits.length > 0);

    expect(app.tasks('OpenTelemetry traces')).toMatchObject([
      { outcome: 'failed', handedOver: false, error: expect.stringMatching(/no answer within/) },
    ]);
    expect(app.report.outcome).toBe('clean');
    expect(app.log.lines.join('\n')).toMatch(/not handed over: OpenTelemetry traces \(/);
    expect(app.process.exits).toEqual([0]); // nobody's request was cut
    expect(asked).toBe(1);
    expect(app.log.warnings.join()).not.toContain('OpenTelemetry traces was not');
  });

  it('and fails is named in the report; what fails after it, in the log', async () => {
    register(() => Promise.reject(new Error('no collector')));
    const app = await TeardownApp.start({ options: quickly });
    await app.close();

    expect(app.tasks('OpenTelemetry traces')).toMatchObject([
      { outcome: 'failed', error: 'Error: no collector' },
    ]);
    expect(app.report.outcome).toBe('clean');
    expect(app.log.warnings).toContainEqual(
      'OpenTelemetry traces was not handed over: Error: no collector [not-handed-over]',
    );
  });

  it('and throws at the end is named in the log', async () => {
    const failing = {
      write: () => undefined,
      flush: () => {
        throw new Error('no disk');
      },
    };
    const logger = pino({}, failing);
    const app = await TeardownApp.start({
      options: quickly,
      providers: [{ provide: 'pino', useValue: logger }],
    });
    await app.close();

    expect(app.log.warnings).toContainEqual(
      'pino was not handed over: Error: no disk [not-handed-over]',
    );
  });

  it('and hangs at the end is named in the log', async () => {
    const hanging = { write: () => undefined, flush: () => undefined };
    const logger = pino({}, hanging);
    const app = await TeardownApp.start({
      options: quickly,
      providers: [{ provide: 'pino', useValue: logger }],
    });
    await app.close();

    expect(app.log.warnings).toContainEqual(
      expect.stringMatching(
        /^pino was not handed over: TimeoutError: no answer within \d+ ms \[not-handed-over\]$/,
      ),
    );
  });

  it('and is winston with a transport that hangs does not keep the process', async () => {
    class Hangs extends winston.Transport {
      override log(): void {}
    }
    const logger = winston.createLogger({ transports: [new Hangs()] });
    const app = await TeardownApp.start({
      options: quickly,
      providers: [{ provide: 'winston', useValue: logger }],
    });
    logger.info('one');
    app.process.send('SIGTERM');
    await eventually('the exit', () => app.process.exits.length > 0);

    expect(app.process.exits).toEqual([0]);
  });
});

describe('buffers of logs', () => {
  it('of OpenTelemetry are flushed after the report', async () => {
    const reported: boolean[] = [];
    const forceFlush = async () => void reported.push(app.log.lines.some(isReport));
    // As @opentelemetry/api-logs does.
    Reflect.set(globalThis, LOGS_API, (version: number) => version === 1 && { forceFlush });
    const app = await TeardownApp.start({});
    await app.close();
    Reflect.deleteProperty(globalThis, LOGS_API);

    expect(reported).toEqual([true]);
  });

  it('of winston stay open after app.close(), for the process goes on', async () => {
    const written: unknown[] = [];
    class Notes extends winston.Transport {
      override log({ message }: { message: string }, done: () => void): void {
        written.push(message);
        done();
      }
    }
    const logger = winston.createLogger({ transports: [new Notes()] });
    const app = await TeardownApp.start({ providers: [{ provide: 'winston', useValue: logger }] });
    await app.close();
    logger.info('still there');

    expect(written).toEqual(['still there']);
  });

  it('of winston are waited for, also those that a transport was given together', async () => {
    const exitsAtWrite: number[] = [];
    class Slow extends winston.Transport {
      override log(_line: unknown, done: () => void): void {
        setTimeout(() => {
          exitsAtWrite.push(app.process.exits.length);
          done();
        }, 50);
      }
    }
    const logger = winston.createLogger({ transports: [new Slow()] });
    const last = {
      onApplicationShutdown: () => ['one', 'two', 'three'].forEach((line) => logger.info(line)),
    };
    const app = await TeardownApp.start({
      providers: [
        { provide: 'winston', useValue: logger },
        { provide: 'last', useValue: last },
      ],
    });
    app.process.send('SIGTERM');
    await eventually('the exit', () => app.process.exits.length > 0);

    expect(exitsAtWrite).toEqual([0, 0, 0]);
  });

  it('of winston are ended once, by its root, before the process exits', async () => {
    const logger = winston.createLogger({ transports: [new winston.transports.Console()] });
    const providers = [
      { provide: 'winston', useValue: logger },
      { provide: 'child', useValue: logger.child({ of: 'it' }) },
    ];
    let finished = 0;
    logger.on('finish', () => (finished += 1));
    const app = await TeardownApp.start({ providers });
    app.process.send('SIGTERM');
    await eventually('the exit', () => app.process.exits.length > 0);
    logger.info('too late'); // which is no error that ends a process

    expect(finished).toBe(1);
  });

  const isReport = (line: string) => /clean in/.test(line);
});
