import {
  ioredisBlocks,
  ioredisInHand,
  knexInHand,
  sequelizeInHand,
  sqlInHand,
  typeormInHand,
  type InHand,
} from './in-hand.js';
import { has, hasAny, look, methodsAmong } from './look.js';

/** How the client of a library looks, and by which methods its connections are closed. */
export interface ClientShape {
  readonly fits: (object: unknown) => boolean;
  /** Those that it has are one: which is called first closes it. */
  readonly closings: readonly string[];
  /** Those of them that return nothing, so that nothing may be returned for them. */
  readonly silent?: readonly string[];
  readonly inHand?: (client: unknown) => InHand | undefined;
  /** Whether it sits in a read that ends when something comes, or the client is closed. */
  readonly blocks?: (client: unknown) => boolean;
  /** Whether such a call closes it only to connect it again. */
  readonly comesAgain?: (name: string, args: readonly unknown[]) => boolean;
}

const isText = (object: unknown, key: string) => typeof look(object, key) === 'string';
const isBoolean = (object: unknown, key: string) => typeof look(object, key) === 'boolean';
const isObject = (object: unknown, key: string) => {
  const value = look(object, key);
  return typeof value === 'object' && value !== null;
};

/**
 * By a closing method and signs of use, and never by a name alone: timers, servers, streams, loggers and queues have
 * methods of the same names. Class names say nothing (ioredis' is `EventEmitter`), and bundlers change them.
 */
export const CLIENT_SHAPES: readonly ClientShape[] = [
  // Prisma: each client is a Proxy, which shows the methods to `typeof` only.
  { fits: (o) => has(o, '$connect', '$disconnect'), closings: ['$disconnect'] },
  {
    // TypeORM's DataSource; destroy() cuts what runs on PostgreSQL.
    fits: (o) => has(o, 'destroy', 'createQueryRunner') && isBoolean(o, 'isInitialized'),
    closings: ['destroy', 'close'],
    inHand: typeormInHand,
  },
  // MikroORM
  { fits: (o) => has(o, 'close', 'isConnected') && isObject(o, 'em'), closings: ['close'] },
  {
    // Sequelize
    fits: (o) => has(o, 'close', 'authenticate', 'define'),
    closings: ['close'],
    inHand: sequelizeInHand,
  },
  {
    // knex: a function, whose `destroy` is read-only
    fits: (o) => has(o, 'destroy', 'raw') && isObject(o, 'client'),
    closings: ['destroy'],
    inHand: knexInHand,
  },
  // Kysely
  { fits: (o) => has(o, 'destroy', 'selectFrom'), closings: ['destroy'] },
  // postgres.js: a function; to call it is a query
  { fits: (o) => has(o, 'end', 'unsafe', 'begin'), closings: ['end', 'close'] },
  {
    // A connection of mongoose
    fits: (o) => has(o, 'close', 'collection') && typeof look(o, 'readyState') === 'number',
    closings: ['close', 'destroy'],
  },
  // MongoClient
  { fits: (o) => has(o, 'close', 'startSession', 'db'), closings: ['close'] },
  {
    // ioredis, and its cluster
    fits: (o) => has(o, 'quit', 'duplicate') && isText(o, 'status'),
    closings: ['quit', 'disconnect', 'end'],
    silent: ['disconnect', 'end'],
    inHand: ioredisInHand,
    blocks: ioredisBlocks,
    comesAgain: (name, args) => name === 'disconnect' && args[0] === true,
  },
  {
    // node-redis: client, pool, cluster
    fits: (o) => has(o, 'sendCommand') && isBoolean(o, 'isOpen') && hasAny(o, ['close', 'quit']),
    closings: ['close', 'destroy', 'quit', 'QUIT', 'disconnect'],
    silent: ['destroy'],
  },
  // Keyv, but not cache-manager's cache, which is found by its `stores`
  {
    fits: (o) =>
      has(o, 'disconnect', 'get', 'set') && isObject(o, 'opts') && !isObject(o, 'stores'),
    closings: ['disconnect'],
  },
  // Elasticsearch, OpenSearch
  { fits: (o) => has(o, 'close', 'search', 'ping'), closings: ['close'] },
  // Cassandra, libSQL; not a connection of mariadb, which has an `end()` as well
  {
    fits: (o) => has(o, 'execute', 'batch') && !has(o, 'query') && hasAny(o, ['shutdown', 'close']),
    closings: ['shutdown', 'close'],
  },
  // Neo4j
  { fits: (o) => has(o, 'close', 'session', 'executeQuery'), closings: ['close'] },
  // SQLite: node:sqlite, better-sqlite3
  { fits: (o) => has(o, 'close', 'prepare', 'exec'), closings: ['close'] },
  // A producer of kafkajs, which takes no work
  { fits: (o) => has(o, 'disconnect', 'sendBatch', 'transaction'), closings: ['disconnect'] },
  {
    // pg, mysql2, mariadb, mssql, ClickHouse, and what an application has written in their way
    fits: (o) => has(o, 'query') && hasAny(o, ['end', 'close', 'destroy', 'disconnect']),
    closings: ['end', 'close', 'destroy', 'disconnect'],
    inHand: sqlInHand,
  },
];

/** The first shape that fits. */
export function shapeOf(object: unknown): ClientShape | undefined {
  const there = methodsAmong(CLOSING_NAMES, object);
  if (there.size === 0 || isLeftAlone(object)) return undefined;
  return CLIENT_SHAPES.find(
    ({ closings, fits }) => closings.some((name) => there.has(name)) && fits(object),
  );
}

/** What is left alone has one of these. */
export const SIGNS_OF_OTHERS: readonly string[] = [
  'pipe',
  'listen',
  'getHttpServer',
  'query',
  'add',
  'isRunning',
  'whenCurrentJobsFinished',
  'send',
];

/** What has methods of those names and is no client: what it holds is its own, too. */
export function isLeftAlone(object: unknown): boolean {
  return (
    has(object, 'pipe') || // a stream, and a socket
    (has(object, 'listen') && !has(object, 'unsafe')) || // a server, whose `query` may be a route; not postgres.js
    has(object, 'getHttpServer') || // an adapter of Nest
    isCheckedOut(object) ||
    (has(object, 'add') && has(object, 'drain')) || // a queue of BullMQ
    has(object, 'isRunning', 'pause') || // a worker: a source of work is never held
    has(object, 'whenCurrentJobsFinished') || // a queue of Bull
    (has(object, 'send', 'emit') && isObject(object, 'routingMap')) // a ClientProxy of Nest, with rules of its own
  );
}

/** A connection of a pool goes back to it. Of mysql2 each has the method, and that inside of it only if it has a pool. */
function isCheckedOut(object: unknown): boolean {
  if (!has(object, 'query', 'release')) return false;
  return !isObject(object, 'connection') || has(look(object, 'connection'), 'release');
}

/** All closing methods there are. */
export const CLOSING_NAMES: readonly string[] = [
  ...new Set(CLIENT_SHAPES.flatMap(({ closings }) => closings)),
];
