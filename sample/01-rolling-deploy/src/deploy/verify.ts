import type { DemoDatabase } from './database.js';
import type { Traffic } from './traffic.js';

export interface OrdersCheck {
  acknowledged: number;
  /** Acknowledged, but not in the database: the promise was broken. */
  missing: number;
  /** In the database, but the client saw an error: it will order again. */
  unanswered: number;
}

export async function verifyOrders(database: DemoDatabase, traffic: Traffic): Promise<OrdersCheck> {
  const stored = new Map((await database.orders()).map(({ reference, id }) => [reference, id]));
  const acknowledged = [...traffic.acknowledged];
  return {
    acknowledged: acknowledged.length,
    missing: acknowledged.filter(([reference, id]) => stored.get(reference) !== id).length,
    unanswered: [...traffic.unanswered].filter((reference) => stored.has(reference)).length,
  };
}
