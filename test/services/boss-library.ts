import type { DynamicModule } from '@nestjs/common';
import { describe } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../support/services.js';
import { postgres, postgresUrl, unique } from './servers.js';

/** What the specs use of pg-boss 10 to 12. */
export interface Boss {
  start(): Promise<unknown>;
  stop(options?: object): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object, options?: object): Promise<string | null>;
  work(
    name: string,
    options: object,
    handler: (jobs: ReadonlyArray<Job>) => Promise<unknown>,
  ): Promise<string>;
  offWork(name: string): Promise<void>;
  getJobById(name: string, id: string): Promise<Row | null>;
}

export interface Row {
  readonly state: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed';
  readonly retryCount?: number;
}

export interface Job {
  readonly id: string;
  readonly data: { readonly piece: string };
}

export type BossClass = new (options: object) => Boss;

/** The newest, and those before. */
export const MAJORS = [12, 11, 10] as const;
export type Major = (typeof MAJORS)[number];

const [node = 0] = process.versions.node.split('.').map(Number);
/** 12 and 11 need a newer Node: `node test/support/nodes.mjs 24 -- --selectProjects services-nest-12`. */
export const runs = (major: Major): boolean => major === 10 || node >= 22;

export async function bossOf(major: Major): Promise<BossClass> {
  const name = major === 12 ? 'pg-boss' : `pg-boss-${major}`;
  const library = (await import(name)) as { PgBoss?: BossClass; default: BossClass };
  return library.PgBoss ?? library.default;
}

/** `describe` for tests of each major that runs on this Node, with a schema of its own. */
export function describeWithBoss(
  body: (major: Major, schema: string) => void,
  majors: readonly Major[] = MAJORS,
): void {
  for (const major of majors) {
    const schema = unique(`boss_${major}`);
    if (runs(major)) {
      describeWith(postgres, () => describe(`pg-boss ${major}`, () => body(major, schema)));
    } else {
      process.stderr.write(`skipped: pg-boss ${major} needs Node 22\n`);
      describe.skip(`pg-boss ${major}`, () => body(major, schema));
    }
  }
}

/** What every instance here is made with: it polls as often as it can, and does nothing beside. */
export function optionsFor(schema: string): object {
  return { connectionString: postgresUrl, schema, supervise: false, schedule: false, max: 4 };
}

/** An instance that has nothing to do with the application's. */
export async function bossOutside(major: Major, schema: string): Promise<Boss> {
  const Boss = await bossOf(major);
  const boss = new Boss(optionsFor(schema));
  boss.on('error', () => undefined);
  await boss.start();
  return boss;
}

export async function dropSchema(schema: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
}

/** `@wavezync/nestjs-pgboss`. */
export interface Wavezync {
  readonly PgBossModule: { forRootAsync(options: object): DynamicModule };
  readonly ProcessQueue?: (name: string) => ClassDecorator;
  readonly Job: (name: string, options?: object) => { Handle(): MethodDecorator } & object;
}
