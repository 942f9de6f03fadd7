import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { ItemTotal, NewOrder, Order } from './order.js';

@Injectable()
export class OrdersService {
  constructor(private readonly database: Database) {}

  async place(order: NewOrder): Promise<Order> {
    const [placed] = await this.database.query<Order>(
      'INSERT INTO orders (reference, item, quantity) VALUES ($1, $2, $3) RETURNING id, reference, item, quantity',
      [order.reference, order.item, order.quantity],
    );
    return placed;
  }

  async find(id: number): Promise<Order | undefined> {
    const [order] = await this.database.query<Order>(
      'SELECT id, reference, item, quantity FROM orders WHERE id = $1',
      [id],
    );
    return order;
  }

  page(afterId: number, size: number): Promise<Order[]> {
    return this.database.query<Order>(
      'SELECT id, reference, item, quantity FROM orders WHERE id > $1 ORDER BY id LIMIT $2',
      [afterId, size],
    );
  }

  totals(): Promise<ItemTotal[]> {
    return this.database.query<ItemTotal>(
      'SELECT item, count(*)::int AS orders, sum(quantity)::int AS quantity FROM orders GROUP BY item ORDER BY item',
    );
  }
}
