import { ask, count, has, look } from './look.js';

/** What a client is busy with. */
export interface InHand {
  /** Connections that are checked out, or commands on their way. */
  readonly used: number;
  /** Who waits for a connection. Some pools never settle that wait once they are closed. */
  readonly waiting: number;
  /** How many connections there are; undefined where commands are counted. */
  readonly of?: number;
  /** How many of the used ones are at work right now; undefined when the client does not tell. */
  readonly running?: number;
}

/** Such as `1 of 1 connections is checked out, 2 wait for one`. */
export function describeInHand({ used, waiting, of }: InHand): string {
  const waits = waiting > 0 ? `, ${waiting} wait${waiting === 1 ? 's' : ''} for one` : '';
  if (of === undefined)
    return used === 1 ? '1 command is in flight' : `${used} commands are in flight`;
  return `${used} of ${of} connections ${used === 1 ? 'is' : 'are'} checked out${waits}`;
}

/** pg 8 and pg-pool 3: public counters; whether a query runs on a connection is known to the connection only. */
function pgPool(pool: unknown): InHand | undefined {
  const [of, idle] = [count(pool, 'totalCount'), count(pool, 'idleCount')];
  if (of === undefined || idle === undefined) return undefined;
  const waiting = count(pool, 'waitingCount') ?? 0;
  return { used: of - idle, waiting, of, running: runningOn(look(pool, '_clients')) };
}

/** pg 8, a client that is no pool. */
function pgClient(client: unknown): InHand | undefined {
  const queue = look(client, '_queryQueue');
  const active = look(client, '_activeQuery');
  if (!Array.isArray(queue) || active === undefined) return undefined;
  const running = active === null ? 0 : 1;
  return { used: running, waiting: queue.length, of: 1, running };
}

/** mysql2 3 (and mysql 2, whose lists are arrays): the promise pool keeps the other one in `pool`. */
function mysqlPool(client: unknown): InHand | undefined {
  const pool = look(client, '_allConnections') === undefined ? look(client, 'pool') : client;
  const all = look(pool, '_allConnections');
  const [of, free] = [count(all, 'length'), count(look(pool, '_freeConnections'), 'length')];
  if (of === undefined || free === undefined) return undefined;
  const waiting = count(look(pool, '_connectionQueue'), 'length') ?? 0;
  return { used: of - free, waiting, of, running: runningOn(all) };
}

/** mariadb 3. */
function mariadbPool(pool: unknown): InHand | undefined {
  if (!has(pool, 'activeConnections', 'taskQueueSize', 'totalConnections')) return undefined;
  const used = ask(pool, 'activeConnections');
  if (used === undefined) return undefined;
  return {
    used,
    waiting: ask(pool, 'taskQueueSize') ?? 0,
    of: ask(pool, 'totalConnections') ?? used,
  };
}

/** Whatever answers to `query()`. */
export function sqlInHand(client: unknown): InHand | undefined {
  return pgPool(client) ?? mysqlPool(client) ?? mariadbPool(client) ?? pgClient(client);
}

/** typeorm 0.3 and 1: the pool of its driver. */
export function typeormInHand(dataSource: unknown): InHand | undefined {
  const driver = look(dataSource, 'driver');
  return pgPool(look(driver, 'master')) ?? mysqlPool(look(driver, 'pool'));
}

/** sequelize 6, sequelize-pool 7. */
export function sequelizeInHand(sequelize: unknown): InHand | undefined {
  const pool = look(look(sequelize, 'connectionManager'), 'pool');
  const used = count(pool, 'using');
  if (used === undefined) return undefined;
  return { used, waiting: count(pool, 'waiting') ?? 0, of: count(pool, 'size') ?? used };
}

/** knex 3, tarn 3. */
export function knexInHand(knex: unknown): InHand | undefined {
  const pool = look(look(knex, 'client'), 'pool');
  const used = ask(pool, 'numUsed');
  if (used === undefined) return undefined;
  const of = used + (ask(pool, 'numFree') ?? 0);
  const resources = look(pool, 'used');
  const running = Array.isArray(resources)
    ? runningOn(resources.map((one) => look(one, 'resource')))
    : undefined;
  return { used, waiting: ask(pool, 'numPendingAcquires') ?? 0, of, running };
}

/** A server away is not waited for: nothing comes back from it. A read that blocks until something comes is no work. */
export function ioredisInHand(redis: unknown): InHand | undefined {
  if (look(redis, 'status') !== 'ready') return { used: 0, waiting: 0, running: 0 };
  const queued = [look(redis, 'commandQueue'), look(redis, 'offlineQueue')].map(itemsOf);
  const commands = queued.flatMap((items) => items ?? []);
  const used = commands.filter((item) => !isBlocking(look(item, 'command') ?? item)).length;
  return { used, waiting: 0, running: used };
}

/**
 * Whether a connection waits for something to come: until then nobody else can use it. While it is not there, the read
 * stands in the offline queue, and ends with the client all the same.
 */
export function ioredisBlocks(redis: unknown): boolean {
  const queue = look(redis, 'status') === 'ready' ? 'commandQueue' : 'offlineQueue';
  const [first] = itemsOf(look(redis, queue)) ?? [];
  return first !== undefined && isBlocking(look(first, 'command') ?? first);
}

const BLOCKING = new Set(
  'blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop wait waitaof'.split(' '),
);

function isBlocking(command: unknown): boolean {
  const name = String(look(command, 'name')).toLowerCase();
  if (BLOCKING.has(name)) return true;
  const args = look(command, 'args');
  const blocks = (arg: unknown) => typeof arg === 'string' && arg.toLowerCase() === 'block';
  return name.startsWith('xread') && Array.isArray(args) && args.some(blocks);
}

/** How many of these connections of pg or mysql2 are at work; undefined when one does not tell. */
function runningOn(connections: unknown): number | undefined {
  let running = 0;
  for (const connection of itemsOf(connections) ?? [undefined]) {
    const query = look(connection, '_activeQuery');
    const command = look(connection, '_command');
    if (query === undefined && !(look(connection, '_commands') ?? undefined)) return undefined;
    if (query ?? command) running += 1;
  }
  return running;
}

/** The items of an array, or of denque's queue; undefined when it is neither. */
function itemsOf(list: unknown): readonly unknown[] | undefined {
  if (Array.isArray(list)) return list;
  try {
    const items: unknown = (list as { toArray(): unknown }).toArray();
    return Array.isArray(items) ? items : undefined;
  } catch {
    return undefined;
  }
}
