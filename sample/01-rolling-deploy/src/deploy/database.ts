import type { Keeper } from 'nestjs-graceful/testing/rig';
import pg from 'pg';
import { UsageError } from './options.js';
import { startPostgres } from './postgres.js';

const SCHEMA = 'nestjs_graceful_demo';
/** Enough for an export of 500 rows from the first second on. */
const OLD_ORDERS = 1_000;

/** The orders database of both runs, seen from outside the app. */
export class DemoDatabase {
  private constructor(
    /** For the app: its `orders` table lies in a schema of our own, whatever else this server holds. */
    readonly url: string,
    readonly label: string,
    private readonly client: pg.Client,
  ) {}

  static async open(keeper: Keeper): Promise<DemoDatabase> {
    const own = process.env.DATABASE_URL;
    const database = own
      ? await DemoDatabase.connect(own, 'DATABASE_URL').catch((error: Error) => {
          throw new UsageError(
            `Expected DATABASE_URL to lead to a PostgreSQL server: ${error.message}`,
          );
        })
      : await DemoDatabase.connect(await startPostgres(keeper), 'embedded');
    // An embedded server goes as a whole; in yours only our schema does.
    keeper.action(() => (own ? database.drop() : Promise.resolve()));
    return database;
  }

  private static async connect(server: string, where: string): Promise<DemoDatabase> {
    const url = new URL(server);
    url.searchParams.set('options', `-c search_path=${SCHEMA}`);
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => undefined); // on the way out the server may go first
    await client.connect();
    const version = await client.query<{ server_version: string }>('SHOW server_version');
    const label = `PostgreSQL ${version.rows[0].server_version.split(' ')[0]} (${where})`;
    return new DemoDatabase(url.href, label, client);
  }

  async reset(): Promise<void> {
    await this.client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await this.client.query(`CREATE SCHEMA ${SCHEMA}`);
    await this.client.query(`CREATE TABLE orders (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      reference text NOT NULL UNIQUE,
      item text NOT NULL,
      quantity integer NOT NULL
    )`);
    await this.client.query(
      `INSERT INTO orders (reference, item, quantity) SELECT 'old-' || n, 'tea', 1 FROM generate_series(1, $1) n`,
      [OLD_ORDERS],
    );
  }

  async orders(): Promise<{ id: number; reference: string }[]> {
    const result = await this.client.query<{ id: number; reference: string }>(
      'SELECT id, reference FROM orders',
    );
    return result.rows;
  }

  private async drop(): Promise<void> {
    await this.client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    await this.client.end();
  }
}
