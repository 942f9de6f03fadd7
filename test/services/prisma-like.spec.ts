import {
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { postgres, postgresUrl, unique } from './servers.js';

const table = unique('audit');

/** What a generated Prisma client looks like from here. */
class Client {
  private readonly pool = new Pool({ connectionString: postgresUrl, max: 1 });

  async $connect(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async $disconnect(): Promise<void> {
    await this.pool.end();
  }

  async insert(what: string): Promise<void> {
    await this.pool.query(`INSERT INTO ${table} VALUES ($1)`, [what]);
  }
}

/** As it is written everywhere: it disconnects in the first of the hooks. */
@Injectable()
class PrismaService extends Client implements OnModuleInit, OnModuleDestroy {
  async onModuleInit(): Promise<void> {
    await this.$connect();
  }

  async onModuleDestroy(): Promise<void> {
    await this.$disconnect();
  }
}

/** It flushes in the last of them. */
@Injectable()
class AuditRepository implements OnApplicationShutdown {
  constructor(private readonly prisma: PrismaService) {}

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.insert('the last row');
  }
}

@Module({ providers: [PrismaService], exports: [PrismaService] })
class PrismaModule {}

@Module({ imports: [PrismaModule], providers: [AuditRepository] })
class AuditModule {}

describeWith(postgres, () => {
  const pool = new Pool({ connectionString: postgresUrl, max: 1 });

  beforeAll(async () => {
    await pool.query(`CREATE TABLE ${table} (what text)`);
  });

  afterAll(async () => {
    await pool.query(`DROP TABLE ${table}`);
    await pool.end();
  });

  async function rowsAfterClose(options: {} | null): Promise<[string[], HttpApp]> {
    await pool.query(`DELETE FROM ${table}`);
    const module = { imports: [AuditModule] };
    const app = await HttpApp.start({ platform: 'Express', options, module });
    // Nest 11 rejects, Nest 12 logs.
    await app.close().catch((error: Error) => app.log.error(error.message));
    const { rows } = await pool.query<{ what: string }>(`SELECT what FROM ${table}`);
    return [rows.map(({ what }) => what), app];
  }

  it('a repository flushes into a pool that is closed in onModuleDestroy', async () => {
    const [rows, app] = await rowsAfterClose({});

    expect(rows).toEqual(['the last row']);
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: on plain Nest the pool is gone', async () => {
    const [rows, app] = await rowsAfterClose(null);

    expect(rows).toEqual([]);
    expect(app.log.errors.join('\n')).toMatch(/Cannot use a pool after calling end/);
  });
});
