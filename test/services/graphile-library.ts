import { describe } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../support/services.js';
import { postgres, postgresUrl } from './servers.js';

/** What the specs use of graphile-worker 0.18. */
export interface Runner {
  stop(): Promise<void>;
  addJob(identifier: string, payload: object, spec?: object): Promise<{ readonly id: string }>;
}

export interface Graphile {
  run(options: object): Promise<Runner>;
  makeWorkerUtils(options: object): Promise<Utils>;
  readonly Logger: new (factory: () => () => void) => object;
}

export interface Utils {
  migrate(): Promise<void>;
  addJob(identifier: string, payload: object, spec?: object): Promise<{ readonly id: string }>;
  release(): Promise<void>;
}

const [node = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = node >= 22;

/** `describe` for tests that need it, a Node that it runs on, and PostgreSQL. */
export function describeWithGraphile(body: () => void): void {
  if (isNewEnough) return describeWith(postgres, () => describe('graphile-worker', body));
  process.stderr.write('skipped: graphile-worker needs Node 22\n');
  describe.skip('graphile-worker', body);
}

export async function graphile(name = 'graphile-worker'): Promise<Graphile> {
  return (await import(name)) as Graphile;
}

/** Its log is not the application's. */
export function quietLogger({ Logger }: Graphile): object {
  return new Logger(() => () => undefined);
}

/**
 * A database of its own, for the first migration of any schema stops all workers that run on others in the same database
 * (0.18.0: it tells them by NOTIFY, which has no schema).
 */
export async function makeDatabase(name: string): Promise<string> {
  await administrate(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = name;
  return String(url);
}

export const dropDatabase = (name: string): Promise<void> =>
  administrate(`drop database if exists ${name} with (force)`);

async function administrate(command: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query(command);
  await client.end();
}
