import { setTimeout as sleep } from 'node:timers/promises';

export interface Order {
  readonly id: number;
  readonly item: string;
}

/** Stands for the client that Prisma generates, so that this sample needs no database: the same methods, the same end. */
export class PrismaClient {
  private connected = false;

  readonly order = {
    findMany: () => this.query<Order[]>([{ id: 1, item: 'tea' }]),
    count: () => this.query(1),
  };

  async $connect(): Promise<void> {
    this.connected = true;
  }

  async $disconnect(): Promise<void> {
    this.connected = false;
  }

  private async query<T>(result: T): Promise<T> {
    if (!this.connected) throw new Error('Engine is not yet connected.');
    await sleep(5);
    return result;
  }
}
