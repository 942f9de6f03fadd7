import type { OnModuleDestroy } from '@nestjs/common';
import { open, type FileHandle } from 'node:fs/promises';

/** Stands for a database, closed as most are: by a hook of its service. A row is a line of a file. */
export class Ledger implements OnModuleDestroy {
  private constructor(private readonly file: FileHandle) {}

  /** For a provider's factory: it is open before any job or message comes. */
  static async open(): Promise<Ledger> {
    return new Ledger(await open(process.env.LEDGER ?? 'ledger.jsonl', 'a'));
  }

  async write(row: Readonly<Record<string, unknown>>): Promise<void> {
    await this.file.appendFile(`${JSON.stringify(row)}\n`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.file.close();
  }
}
