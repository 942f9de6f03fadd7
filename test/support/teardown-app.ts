import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { beforeEach, expect } from '@jest/globals';
import { Graceful } from '../../lib/graceful.js';
import { PROCESS_PORT } from '../../lib/tokens.js';
import { GracefulModule } from '../../lib/graceful.module.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import type { ShutdownReport, TaskReport } from '../../lib/engine/record.js';
import { FakeProcess } from './fake-process.js';
import { RecordingLogger } from './recording-logger.js';

/** Long enough for every test, so that nothing ends by a deadline that is not meant to. */
const PATIENT: GracefulOptions = { platform: 'none', gracePeriodMs: 60_000 };

export interface TeardownSetup extends ModuleMetadata {
  readonly options?: GracefulOptions;
  /** With an HTTP server; a mere context is started otherwise. */
  readonly http?: boolean;
  /** What main.ts does before the application starts. */
  readonly configure?: (app: INestApplicationContext) => unknown;
}

/** Keeps warnings apart, too. */
class WarningLogger extends RecordingLogger {
  readonly warnings: string[] = [];

  override warn(message: unknown): void {
    this.warnings.push(String(message));
    super.warn(message);
  }
}

/** An application that is stopped, with a process of its own and a log that can be read. */
export class TeardownApp {
  readonly process = new FakeProcess();
  readonly log = new WarningLogger();

  private constructor(
    readonly app: INestApplicationContext,
    parts: Pick<TeardownApp, 'process' | 'log'>,
  ) {
    Object.assign(this, parts);
  }

  static async start(setup: TeardownSetup): Promise<TeardownApp> {
    const app = await TeardownApp.create(setup);
    await app.app.init();
    return app;
  }

  /** Not initialised yet. */
  static async create(setup: TeardownSetup): Promise<TeardownApp> {
    const { options, http, configure, imports = [], ...rest } = setup;
    const parts = { process: new FakeProcess(), log: new WarningLogger() };
    const compiled = await Test.createTestingModule({
      ...rest,
      imports: [GracefulModule.forRoot({ ...PATIENT, ...options }), ...imports],
    })
      .setLogger(parts.log)
      .overrideProvider(PROCESS_PORT)
      .useValue(parts.process)
      .compile();
    const app = http ? compiled.createNestApplication() : compiled;
    await configure?.(app);
    return new TeardownApp(app, parts);
  }

  get graceful(): Graceful {
    return this.app.get(Graceful);
  }

  get report(): ShutdownReport {
    const { report } = this.graceful;
    if (!report) throw new Error(`no report: ${this.graceful.state}`);
    return report;
  }

  /** Without the advice about main.ts. */
  get warnings(): string[] {
    return this.log.warnings.filter((text) => !text.includes('enableShutdownHooks()'));
  }

  /** What the report says of a task; of all of that name. */
  tasks(name: string): TaskReport[] {
    return this.report.phases.flatMap(({ tasks }) => tasks).filter((task) => task.name === name);
  }

  /** How each task ended, by name; those of this package left out. */
  get outcomes(): Record<string, string> {
    const tasks = this.report.phases.flatMap((phase) => phase.tasks);
    return Object.fromEntries(
      tasks.filter(({ name }) => /[.@]/.test(name)).map(({ name, outcome }) => [name, outcome]),
    );
  }

  /** Nest's own type leaves the parameter out. */
  close(signal?: string): Promise<void> {
    return (this.app as { close(signal?: string): Promise<void> }).close(signal);
  }
}

/** Starts an application and closes it. */
export async function stopped(setup: TeardownSetup): Promise<TeardownApp> {
  const app = await TeardownApp.start(setup);
  await app.close();
  return app;
}

/** Why an application does not start. */
export async function bootError(setup: TeardownSetup): Promise<Error> {
  const app = await TeardownApp.create(setup);
  const error = await app.app.init().then(
    () => new Error('it has started'),
    (reason: unknown) => reason as Error,
  );
  await app.close().catch(() => undefined); // core 11 rejects with the same error again
  return error;
}

/** Notes what begins and what is over, in the order of time. */
export class Journal {
  private readonly notes: string[] = [];

  constructor() {
    beforeEach(() => void this.notes.splice(0));
  }

  /** What has begun, in order. */
  get begun(): string[] {
    return this.notes.filter((note) => !note.startsWith('end of '));
  }

  note(name: string): void {
    this.notes.push(name);
  }

  /** A step that takes some turns of the event loop: what does not wait for it begins before it is over. */
  async step(name: string): Promise<void> {
    this.notes.push(name);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.notes.push(`end of ${name}`);
  }

  /** Each began once, and only when the one before it was over. */
  readonly expectOneByOne = (...names: string[]): void => {
    const mine = this.notes.filter((note) => names.includes(note.replace(/^end of /, '')));
    expect(mine).toEqual(names.flatMap((name) => [name, `end of ${name}`]));
  };

  /** All had begun before any of them was over. */
  readonly expectTogether = (...names: string[]): void => {
    const mine = this.notes.filter((note) => names.includes(note.replace(/^end of /, '')));
    expect(mine.slice(0, names.length).toSorted()).toEqual(names.toSorted());
    expect(mine).toHaveLength(2 * names.length);
  };
}
