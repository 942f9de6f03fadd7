import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { open, type FileHandle } from 'node:fs/promises';

/** Stands for a database, opened and closed as most are: by the hooks of its service. A row is a line of a file. */
@Injectable()
export class Ledger implements OnModuleInit, OnModuleDestroy {
  private file?: FileHandle;

  async onModuleInit(): Promise<void> {
    this.file = await open(process.env.LEDGER ?? 'ledger.jsonl', 'a');
  }

  async write(row: Readonly<Record<string, unknown>>): Promise<void> {
    await this.file?.appendFile(`${JSON.stringify(row)}\n`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.file?.close();
  }
}
