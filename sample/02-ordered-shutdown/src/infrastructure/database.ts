import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';

export type Table = 'orders' | 'invoices' | 'outbox' | 'stock' | 'used_keys';
export type Row = Readonly<Record<string, unknown>>;

/** Stands for a database: it takes a moment to answer, and refuses once it is closed. */
@Injectable()
export class Database implements OnModuleDestroy {
  private readonly logger = new Logger(Database.name);
  private readonly tables = new Map<Table, Row[]>();
  private open = true;

  async insert(table: Table, row: Row): Promise<void> {
    await this.answer(`insert into ${table}`);
    this.tables.set(table, [...this.rows(table), row]);
  }

  async select(table: Table): Promise<readonly Row[]> {
    await this.answer(`select from ${table}`);
    return this.rows(table);
  }

  async delete(table: Table, row: Row): Promise<void> {
    await this.answer(`delete from ${table}`);
    this.tables.set(
      table,
      this.rows(table).filter((other) => other !== row),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.logger.debug('close');
    this.open = false;
    await sleep(20);
    this.logger.log('closed');
  }

  private rows(table: Table): readonly Row[] {
    return this.tables.get(table) ?? [];
  }

  private async answer(statement: string): Promise<void> {
    this.logger.debug(statement);
    if (this.open) await sleep(5);
    if (!this.open) throw new Error(`the database is closed: ${statement}`);
  }
}
